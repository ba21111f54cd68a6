namespace CurKv.KvPolicy.Tests.Policies;

public class KvPoliciesTests
{
    [Fact]
    public void Create_UnknownName_ListsKnownNames()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => KvPolicies.Create("snapkw"));

        Assert.Contains("snapkw", exception.Message, StringComparison.Ordinal);
        Assert.All(KvPolicies.All, name => Assert.Contains(name, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Create_Null_Throws() => Assert.Throws<ArgumentNullException>(() => KvPolicies.Create(null!));

    [Fact]
    public void All_EveryName_IsTheNameOfItsPolicy()
    {
        Assert.Equal(["curdkv", "curdkv-norms", "curdkv-sketch", "curdkv-local", "curdkv-exact", "streaming", "keynorm", "random"], KvPolicies.All);
        Assert.All(KvPolicies.All, name => Assert.Equal(name, KvPolicies.Create(name).Name));
    }

    [Fact]
    public void Create_UpperCase_IsTheSamePolicy() => Assert.Equal("curdkv", KvPolicies.Create("CurDKV").Name);
}
