using CurKv.KvPolicy.Naming;
using CurKv.KvPolicy.Policies;
using FsCheck.Xunit;

namespace CurKv.KvPolicy.Tests.Naming;

/// <summary>What holds for any policy that can be written.</summary>
[Properties(Arbitrary = [typeof(PolicyTree)])]
public class PolicyNameProperties
{
    [Property]
    public void Create_FullyBracketedText_IsThePolicy(PolicyTree tree) =>
        Assert.Equal(PolicyStructure.Of(tree.Policy), PolicyStructure.Of(KvPolicyCatalog.Default.Create(tree.Text)));

    [Property]
    public void Create_SpacesAndUpperCase_MakeNoDifference(PolicyTree tree, int seed)
    {
        var random = new Random(seed);
        string[] spaces = ["", " ", "\t", "\r\n", "\u00A0"];
        string text = string.Concat(Tokens(tree.Text).Select(token =>
            spaces[random.Next(spaces.Length)] + (random.Next(2) == 0 ? token.ToUpperInvariant() : token) + spaces[random.Next(spaces.Length)]));

        Assert.Equal(PolicyStructure.Of(tree.Policy), PolicyStructure.Of(KvPolicyCatalog.Default.Create(text)));
    }

    [Property]
    public void Create_Name_IsThePolicyAgain(PolicyTree tree)
    {
        IKvPolicy again = KvPolicyCatalog.Default.Create(tree.Policy.Name);

        Assert.Equal(tree.Policy.Name, again.Name);
        Assert.Equal(PolicyStructure.Of(tree.Policy), PolicyStructure.Of(again));
    }

    [Property]
    public void TryCreate_AnyText_CreatesOrPointsIntoIt(string? text)
    {
        string name = text ?? string.Empty;
        if (!KvPolicyCatalog.Default.TryCreate(name, out _, out KvPolicyNameException? error))
        {
            Assert.Equal(name, error.Text);
            Assert.InRange(error.Position, 0, name.Length);
        }
    }

    [Property]
    public void TryCreate_OneCharacterChanged_CreatesOrPointsIntoIt(PolicyTree tree, int seed)
    {
        var random = new Random(seed);
        string signs = "()*+|,= -.aZ0é\0\uD83D";
        char[] text = tree.Text.ToCharArray();
        text[random.Next(text.Length)] = signs[random.Next(signs.Length)];
        if (!KvPolicyCatalog.Default.TryCreate(new string(text), out IKvPolicy? policy, out KvPolicyNameException? error))
        {
            Assert.InRange(error.Position, 0, text.Length);
            Assert.Null(policy);
        }
    }

    private static IEnumerable<string> Tokens(string text)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if ("()*+|,=".Contains(text[i], StringComparison.Ordinal))
            {
                yield return text[start..i];
                yield return text[i..(i + 1)];
                start = i + 1;
            }
        }

        yield return text[start..];
    }
}
