using System.Globalization;
using CurKv.KvPolicy.Policies;

namespace CurKv.KvPolicy.Naming;

/// <summary>What stands in the brackets behind a policy's name. Reading an argument makes it known; what was never read is an error.</summary>
/// <param name="text">The whole name, for errors.</param>
/// <param name="name">The policy's own name.</param>
/// <param name="position">Where that begins.</param>
internal sealed class KvPolicyArguments(string text, string name, int position)
{
    private readonly List<KvPolicyArgument> _given = [];
    private readonly List<string> _known = [];
    private IKvPolicy? _policy;
    private int _policyPosition;
    private bool _takesPolicy;

    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>Adds the policy in the brackets.</summary>
    public void Add(IKvPolicy policy, int at)
    {
        if (_policy is not null || _given.Count > 0)
        {
            throw new KvPolicyNameException(text, at, "Only the first argument can be a policy", "Put it first, or join policies with \"+\", \"*\" or \"|\".");
        }

        _policy = policy;
        _policyPosition = at;
    }

    /// <summary>Adds a <c>name=value</c>.</summary>
    public void Add(KvPolicyArgument argument)
    {
        if (_given.Any(other => IsSame(other.Name, argument.Name)))
        {
            throw new KvPolicyNameException(text, argument.Position, $"\"{argument.Name}\" is set twice", "Leave one of them out.");
        }

        _given.Add(argument);
    }

    /// <summary>The policy in the brackets.</summary>
    public IKvPolicy Policy()
    {
        _takesPolicy = true;
        return _policy ?? throw new KvPolicyNameException(text, position, $"\"{name}\" needs a policy", $"Put one into brackets, such as {name}(curdkv).");
    }

    /// <summary>A whole number.</summary>
    public int Whole(string argument, int byDefault) => Read(
        argument,
        byDefault,
        $"a whole number up to {int.MaxValue}",
        static (string value, out int number) => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number));

    /// <summary>A seed.</summary>
    public ulong Seed(string argument, ulong byDefault) => Read(
        argument,
        byDefault,
        $"a whole number from 0 to {ulong.MaxValue}",
        static (string value, out ulong number) => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number));

    /// <summary>A finite number.</summary>
    public double Number(string argument, double byDefault) => Read(
        argument,
        byDefault,
        "a number, such as 0.25",
        static (string value, out double number) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number));

    /// <summary>One of an enum's words.</summary>
    public T Word<T>(string argument, T byDefault)
        where T : struct, Enum => Read(
            argument,
            byDefault,
            $"one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}",
            static (string value, out T word) => Enum.TryParse(value, ignoreCase: true, out word) && char.IsAsciiLetter(value[0]));

    /// <summary>One of two words, the first of which is the default.</summary>
    public bool Flag(string argument, string off = "false", string on = "true") => Read(
        argument,
        false,
        $"{off} or {on}",
        (string value, out bool flag) => (flag = IsSame(value, on)) || IsSame(value, off));

    /// <summary>Refuses arguments that nothing has read.</summary>
    /// <exception cref="KvPolicyNameException">There is one.</exception>
    public void ThrowIfUnknown()
    {
        string fix = _known.Count == 0 ? "It takes no named arguments." : $"It takes {string.Join(", ", _known)}.";
        if (_policy is not null && !_takesPolicy)
        {
            throw new KvPolicyNameException(text, _policyPosition, $"\"{name}\" takes no policy", fix);
        }

        if (_given.Find(argument => !_known.Exists(known => IsSame(known, argument.Name))) is KvPolicyArgument unknown)
        {
            throw new KvPolicyNameException(text, unknown.Position, $"\"{name}\" has no argument \"{unknown.Name}\"", fix);
        }
    }

    /// <summary>Where the value stands that a constructor refused.</summary>
    /// <param name="parameter">The constructor's parameter, such as <c>window</c> or <c>options.SketchColumns</c>.</param>
    public int PositionOf(string? parameter) => parameter == "inner"
        ? _policyPosition
        : _given.Find(argument => parameter?.Contains(argument.Name, StringComparison.OrdinalIgnoreCase) == true)?.ValuePosition ?? position;

    private T Read<T>(string argument, T byDefault, string kind, TryParse<T> tryParse)
    {
        _known.Add(argument);
        if (_given.Find(given => IsSame(given.Name, argument)) is not KvPolicyArgument found)
        {
            return byDefault;
        }

        return tryParse(found.Value, out T value)
            ? value
            : throw new KvPolicyNameException(text, found.ValuePosition, $"\"{argument}\" is {kind}, not \"{found.Value}\"");
    }

    private static bool IsSame(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
