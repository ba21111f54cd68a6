using System.Text;
using System.Text.RegularExpressions;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses harmony: headers determine the kind of the text after them.</summary>
/// <remarks>
/// Unexpected calls, such as of the tools that the model was trained with, are dropped: their delimiters are the format's own syntax.
/// </remarks>
internal sealed partial class HarmonyOutputParser : ModelOutputParser
{
    private const string Functions = "functions.";
    private static readonly string[] Delimiters = [HarmonyFormat.Channel, HarmonyFormat.Message, HarmonyFormat.Start, HarmonyFormat.MessageEnd, HarmonyFormat.TypeDelimiter, .. HarmonyFormat.AnswerEnds];

    private readonly StringBuilder _held = new();
    private readonly StringBuilder _header = new();
    private readonly StringBuilder _arguments = new();
    private readonly HashSet<OutputPartKind> _given = [];
    private JsonScanner _json;
    private bool _inHeader;
    private bool _isFirst = true;
    private bool _reasons;
    private string? _tool;

    /// <summary>A parser for one answer.</summary>
    public HarmonyOutputParser(ChatFormat format, OutputParserSettings settings)
        : base(format, settings)
    {
        _inHeader = settings.Reasoning == ReasoningStart.Possible;
        if (!_inHeader)
        {
            BeginText(settings.Reasoning == ReasoningStart.Open ? OutputPartKind.Reasoning : OutputPartKind.Text);
        }
    }

    /// <inheritdoc/>
    public override bool InToolCall => _tool is not null;

    /// <inheritdoc/>
    public override bool InReasoning => _reasons;

    /// <inheritdoc/>
    public override bool AllowsToolCall => Settings.Tools.Count > 0 && (_inHeader || _tool is not null);

    /// <inheritdoc/>
    protected override void Take(char character)
    {
        if (_held.Length == 0 && character != '<')
        {
            Release(character);
            return;
        }

        _held.Append(character);
        string held = _held.ToString();
        string? delimiter = Array.Find(Delimiters, candidate => candidate.StartsWith(held, StringComparison.Ordinal));
        if (delimiter?.Length == held.Length)
        {
            _held.Clear();
            Pass(delimiter);
        }
        else if (delimiter is null)
        {
            // A delimiter contains no second '<', so only the last character can begin another one.
            ReleaseHeld(held.Length - 1);
            _held.Clear();
            Take(character);
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        ReleaseHeld(_held.Length);
        if (_isFirst && _inHeader && !_header.ToString().Contains('<', StringComparison.Ordinal))
        {
            AnswerWithoutHeader();
        }
    }

    private void ReleaseHeld(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Release(_held[i]);
        }
    }

    private void Release(char character)
    {
        if (_inHeader)
        {
            _header.Append(character);
            if (_isFirst && !MayBeHeader())
            {
                AnswerWithoutHeader();
            }
        }
        else if (_tool is not null)
        {
            TakeArgument(character);
        }
        else
        {
            Give(character);
        }
    }

    private void Pass(string delimiter)
    {
        switch (delimiter)
        {
            case var quoted when _json.InString && !HarmonyFormat.AnswerEnds.Contains(delimiter):
                foreach (char character in quoted)
                {
                    TakeArgument(character);
                }

                break;
            case HarmonyFormat.Message when _inHeader:
                BeginMessage();
                break;
            case HarmonyFormat.Channel or HarmonyFormat.TypeDelimiter when _inHeader:
                _header.Append(delimiter);
                break;
            default:
                EndMessage();
                _header.Append(delimiter == HarmonyFormat.Channel ? delimiter : string.Empty);
                break;
        }
    }

    private void BeginMessage()
    {
        string header = _header.ToString();
        _header.Clear();
        string? recipient = Recipient().Matches(header).Select(match => match.Groups[1].Value).LastOrDefault(name => name != "assistant");
        if (recipient is not null)
        {
            _inHeader = _isFirst = false;
            Begin(OutputPartKind.Text);
            _tool = recipient.StartsWith(Functions, StringComparison.Ordinal) ? recipient[Functions.Length..] : recipient;
            _arguments.Clear();
            _json = default;
            return;
        }

        BeginText(header.Contains($"{HarmonyFormat.Channel}analysis", StringComparison.Ordinal) ? OutputPartKind.Reasoning : OutputPartKind.Text);
    }

    private void BeginText(OutputPartKind kind)
    {
        _inHeader = _isFirst = false;
        _reasons = kind == OutputPartKind.Reasoning;
        Begin(kind, _given.Contains(kind) ? "\n\n" : string.Empty);
    }

    private void EndMessage()
    {
        if (_tool is not null)
        {
            GiveCall();
        }

        if (!_inHeader && !IsBlank)
        {
            _given.Add(_reasons ? OutputPartKind.Reasoning : OutputPartKind.Text);
        }

        _header.Clear();
        _reasons = false;
        _isFirst = false;
        _inHeader = true;
    }

    private void TakeArgument(char character)
    {
        _arguments.Append(character);
        _json.Append(character);
        if (_json.IsComplete)
        {
            GiveCall();
        }
    }

    // Text after complete arguments is dropped.
    private void GiveCall()
    {
        string arguments = _arguments.ToString().Trim();
        if (Settings.Tools.Count > 0)
        {
            Give(new ToolCallText(_tool!, arguments.Length == 0 ? "{}" : arguments));
        }

        _tool = null;
        _json = default;
        _header.Clear();
        _inHeader = true;
    }

    // A model of another family, or a confused one, may answer without any header.
    private bool MayBeHeader()
    {
        string header = _header.ToString().TrimStart();
        return header.StartsWith("<|", StringComparison.Ordinal) || header.StartsWith("to=", StringComparison.Ordinal) || "to=".StartsWith(header, StringComparison.Ordinal);
    }

    private void AnswerWithoutHeader()
    {
        string text = _header.ToString();
        _header.Clear();
        _inHeader = _isFirst = false;
        Give(text);
    }

    [GeneratedRegex(@"to=([^\s<]+)")]
    private static partial Regex Recipient();
}
