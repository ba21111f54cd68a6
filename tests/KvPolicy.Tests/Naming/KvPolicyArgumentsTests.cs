using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies.Attention;

namespace CurKv.KvPolicy.Tests.Naming;

public class KvPolicyArgumentsTests
{
    [Theory]
    [InlineData("inner", 6)]
    [InlineData("size", 15)]
    [InlineData("options.Size", 15)]
    [InlineData("layers", 0)]
    [InlineData(null, 0)]
    public void PositionOf_ConstructorParameter_IsWhereItsValueStands(string? parameter, int position)
    {
        var arguments = new KvPolicyArguments("chunk(tova,size=3)", "chunk", 0);
        arguments.Add(new Tova(), 6);
        arguments.Add(new KvPolicyArgument("size", 11, "3", 15));

        Assert.Equal(position, arguments.PositionOf(parameter));
    }
}
