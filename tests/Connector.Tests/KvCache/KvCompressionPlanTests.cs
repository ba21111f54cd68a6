using CurKv.Connector.KvCache;
using CurKv.KvPolicy;

namespace CurKv.Connector.Tests.KvCache;

public class KvCompressionPlanTests
{
    private static readonly TokenRange SystemPrompt = new(0, 30);

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    public void From_NoPolicy_IsNull(string policy) => Assert.Null(KvCompressionPlan.From(new KvCompressionOptions { Policy = policy }, SystemPrompt));

    [Fact]
    public void From_Cells_GoBeforeTheRatio() =>
        Assert.Equal(77, Plan(new KvCompressionOptions { Cells = 77, Ratio = 0.1 }).Budget.Cells(1000));

    [Fact]
    public void From_SystemPrompt_IsProtectedUnlessSwitchedOff()
    {
        Assert.Equal([SystemPrompt], Plan(new KvCompressionOptions()).Protection.Ranges);
        Assert.Empty(Plan(new KvCompressionOptions { ProtectSystemPrompt = false }).Protection.Ranges);
    }

    [Theory]
    [InlineData(100, 4, 30)]
    [InlineData(40, 4, 24)]
    [InlineData(20, 4, 4)]
    [InlineData(18, 2, 2)]
    [InlineData(1, 0, 0)]
    public void ProtectionWithin_AnyBudget_LeavesRoomForTheRecentTokens(int cells, int sinks, int rangeEnd)
    {
        KvProtection protection = Plan(new KvCompressionOptions()).ProtectionWithin(cells);

        Assert.Equal(sinks, protection.Sinks);
        Assert.Equal(rangeEnd, protection.Ranges is [TokenRange range] ? range.End : sinks);
    }

    private static KvCompressionPlan Plan(KvCompressionOptions options) => KvCompressionPlan.From(options, SystemPrompt)!;
}
