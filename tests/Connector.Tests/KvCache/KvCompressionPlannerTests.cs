using CurKv.Connector.KvCache;
using CurKv.KvPolicy.Budgets;
using CurKv.KvPolicy.Cache;
using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies.Combined;
using CurKv.KvPolicy.Policies.Leverage;
using CurKv.KvPolicy.Protection;

namespace CurKv.Connector.Tests.KvCache;

public class KvCompressionPlannerTests
{
    private static readonly TokenRange SystemPrompt = new(0, 30);
    private static readonly TokenRange[] TemplateTokens = [new(0, 5), new(30, 40), new(90, 95)];

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    public void Plan_NoPolicy_IsNull(string policy) => Assert.Null(Planner(new KvCompressionOptions { Policy = policy }).Plan([SystemPrompt], TemplateTokens, true));

    [Fact]
    public void Plan_Cells_OverrideMassAndRatio()
    {
        Assert.Equal(77, Plan(new KvCompressionOptions { Cells = 77, Mass = 0.5, Ratio = 0.1 }).Budget.Cells(1000));
        Assert.True(Plan(new KvCompressionOptions { Mass = 0.5, Ratio = 0.1 }).Budget.IsByMass);
        Assert.Equal(900, Plan(new KvCompressionOptions { Ratio = 0.1 }).Budget.Cells(1000));
    }

    [Theory]
    [InlineData(true, true, KvCompressionDefaults.QuestionAwarePolicy, KvCompressionDefaults.QuestionAwareRecent)]
    [InlineData(false, true, KvCompressionDefaults.QueryFreePolicy, KvCompressionDefaults.QueryFreeRecent)]
    [InlineData(true, false, KvCompressionDefaults.QueryFreePolicy, KvCompressionDefaults.QuestionAwareRecent)]
    public void Plan_Auto_FollowsWhatIsKnown(bool questionKnown, bool observesQueries, string policy, int recent)
    {
        KvCompressionPlan plan = Planner(new KvCompressionOptions(), observesQueries).Plan([SystemPrompt], TemplateTokens, questionKnown)!;

        Assert.Equal((policy, recent), (plan.Selector.Policy.Name, plan.Protection.Recent));
    }

    [Fact]
    public void Plan_CustomPolicy_OverridesTheName()
    {
        var policy = new ChunkKv(new CurDkv());

        Assert.Same(policy, Plan(new KvCompressionOptions { Policy = "none", CustomPolicy = policy }).Selector.Policy);
    }

    [Fact]
    public void Plan_TwoPrompts_ShareThePolicy()
    {
        KvCompressionPlanner planner = Planner(new KvCompressionOptions { Policy = "chunk(snapkv*value)" });

        KvCompressionPlan first = planner.Plan([], [], questionKnown: true)!;
        KvCompressionPlan second = planner.Plan([], [], questionKnown: true)!;

        Assert.Same(first.Selector.Policy, second.Selector.Policy);
        Assert.Same(first.Selector.Policy, second.PrefillSelector.Policy);
    }

    [Fact]
    public void Plan_OptionsChangedAfterwards_AreWhatTheyWere()
    {
        var options = new KvCompressionOptions { Cells = 77 };
        KvCompressionPlanner planner = Planner(options);
        options.Cells = 5;

        Assert.Equal(77, planner.Plan([], [], questionKnown: true)!.Budget.Cells(1000));
    }

    [Fact]
    public void Plan_SystemPromptAndTemplateTokens_AreProtectedUnlessSwitchedOff()
    {
        Assert.Equal([SystemPrompt, .. TemplateTokens], Plan(new KvCompressionOptions()).Protection.Ranges);
        Assert.Equal([SystemPrompt], Plan(new KvCompressionOptions { ProtectTemplateTokens = false }).Protection.Ranges);
        Assert.Equal(TemplateTokens, Plan(new KvCompressionOptions { ProtectSystemPrompt = false }).Protection.Ranges);
        Assert.Empty(Plan(new KvCompressionOptions { ProtectSystemPrompt = false, ProtectTemplateTokens = false }).Protection.Ranges);
    }

    // The sinks leave room for the recent tokens; ranges are protected whole or not at all, within half of the budget.
    [Theory]
    [InlineData(200, 4, 41)]
    [InlineData(70, 4, 31)]
    [InlineData(52, 4, 26)]
    [InlineData(51, 4, 16)]
    [InlineData(18, 2, 0)]
    [InlineData(1, 0, 0)]
    public void ProtectionWithin_AnyBudget_LeavesRoom(int cells, int sinks, int inRanges)
    {
        KvProtection protection = Plan(new KvCompressionOptions { Cells = cells }).ProtectionWithin(KvBudget.FromCells(cells), 1000);

        Assert.Equal((sinks, inRanges), (protection.Sinks, protection.Ranges.Sum(range => range.Length)));
    }

    // The system prompt and the template tokens behind it, while they fit into half of the budget.
    [Theory]
    [InlineData(200, true, 40)]
    [InlineData(70, true, 30)]
    [InlineData(51, true, 5)]
    [InlineData(200, false, 5)]
    public void ProtectedStart_AnyBudget_EndsAtTheFirstGap(int cells, bool systemPrompt, int expected) =>
        Assert.Equal(expected, Plan(new KvCompressionOptions { Cells = cells, ProtectSystemPrompt = systemPrompt }).ProtectedStart(1000));

    private static KvCompressionPlanner Planner(KvCompressionOptions options, bool observesQueries = true) => new(options, KvPolicyCatalog.Default, observesQueries);

    private static KvCompressionPlan Plan(KvCompressionOptions options) => Planner(options).Plan([SystemPrompt], TemplateTokens, questionKnown: true)!;
}
