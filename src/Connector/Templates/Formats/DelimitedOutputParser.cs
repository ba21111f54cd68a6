using System.Text;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses answers whose parts have delimiters: every family except harmony.</summary>
/// <remarks>Reasoning can only be opened at the beginning, so that an answer may mention the delimiters.</remarks>
internal sealed class DelimitedOutputParser : ModelOutputParser
{
    private readonly FormatSyntax _syntax;
    private readonly bool _expectsTools;
    private readonly StringBuilder _held = new();
    private Delimiter[] _delimiters = [];
    private ReasoningDelimiters? _reasoning;
    private bool _reasons;
    private bool _mayReason;
    private bool _afterCall;
    private ToolCallSyntax? _section;
    private ToolCallParser? _callParser;

    /// <summary>A parser for one answer.</summary>
    public DelimitedOutputParser(ChatFormat format, FormatSyntax syntax, OutputParserSettings settings)
        : base(format, settings)
    {
        _syntax = syntax;
        _expectsTools = settings.Tools.Count > 0;
        switch (settings.Reasoning)
        {
            case ReasoningStart.Open:
                BeginReasoning(null);
                break;
            case ReasoningStart.Closed:
                BeginText();
                break;
            default:
                _mayReason = true;
                ListDelimiters();
                break;
        }
    }

    /// <inheritdoc/>
    public override bool InToolCall => _callParser is { IsCall: true };

    /// <inheritdoc/>
    public override bool InReasoning => _reasons && !InToolCall;

    /// <inheritdoc/>
    public override bool AllowsToolCall => _expectsTools
        && (_callParser is not null || ((!_reasons || _syntax.CallEndsReasoning) && (IsBlank || !_syntax.Calls.Any(section => section.OnlyAtStart))));

    /// <inheritdoc/>
    protected override void Take(char character)
    {
        if (_callParser is { } callParser)
        {
            Advance(callParser, callParser.Append(character));
        }
        else
        {
            _held.Append(character);
            Match();
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        while (_callParser is { } callParser)
        {
            ToolCallProgress progress = callParser.Finish();
            if (progress == ToolCallProgress.Incomplete)
            {
                BeginText();
                return;
            }

            Advance(callParser, progress);
        }

        Release(_held.Length);
    }

    private void TakeAll(string text)
    {
        foreach (char character in text)
        {
            Take(character);
        }
    }

    // Emits characters from the front that cannot belong to a delimiter, until the rest is a delimiter or may become one.
    private void Match()
    {
        while (_held.Length > 0)
        {
            if (FindDelimiter() is not { } delimiter)
            {
                Release(1);
                continue;
            }

            if (delimiter.Text.Length == _held.Length)
            {
                _held.Clear();
                delimiter.Pass();
            }

            return;
        }
    }

    private Delimiter? FindDelimiter()
    {
        foreach (Delimiter delimiter in _delimiters)
        {
            if (StartsWithHeld(delimiter.Text))
            {
                return delimiter;
            }
        }

        return null;
    }

    private void Release(int count)
    {
        bool wasBlank = IsBlank;
        for (int i = 0; i < count; i++)
        {
            Give(_held[i]);
        }

        _held.Remove(0, count);
        if (wasBlank && !IsBlank)
        {
            _mayReason = false;
            _afterCall = false;
            ListDelimiters();
        }
    }

    private bool StartsWithHeld(string delimiter)
    {
        if (delimiter.Length < _held.Length)
        {
            return false;
        }

        for (int i = 0; i < _held.Length; i++)
        {
            if (delimiter[i] != _held[i])
            {
                return false;
            }
        }

        return true;
    }

    private void BeginReasoning(ReasoningDelimiters? pair)
    {
        _reasons = true;
        _reasoning = pair;
        Enter(OutputPartKind.Reasoning);
    }

    private void BeginText()
    {
        _reasons = false;
        Enter(OutputPartKind.Text);
    }

    private void Enter(OutputPartKind kind)
    {
        _mayReason = false;
        Begin(kind);
        ListDelimiters();
    }

    private void BeginCall(ToolCallSyntax section)
    {
        _section = section;
        _callParser = section.CreateParser(Settings);
        foreach (char character in section.IsPartOfCall ? section.Open : string.Empty)
        {
            _callParser.Append(character);
        }
    }

    private void Advance(ToolCallParser callParser, ToolCallProgress progress)
    {
        if (progress == ToolCallProgress.Incomplete)
        {
            return;
        }

        _callParser = null;
        IReadOnlyList<ToolCallText> calls = progress == ToolCallProgress.Complete ? callParser.Calls() : [];
        if (calls.Count == 0)
        {
            RejectCall(callParser.Consumed);
        }
        else
        {
            BeginText();
            foreach (ToolCallText call in calls)
            {
                Give(call);
            }

            _afterCall = true;
            ListDelimiters();
        }

        TakeAll(callParser.Rest);
    }

    // An answer may mention the delimiters. Then they are text, like everything between them.
    private void RejectCall(string text)
    {
        _held.Append(_section is { IsPartOfCall: false } section ? section.Open : string.Empty).Append(text);
        Release(_held.Length);
    }

    // The delimiters that are recognised at this point. An opening delimiter is ignored if reasoning has just begun: many models repeat the prompt's.
    private void ListDelimiters()
    {
        bool expectsCalls = _expectsTools && (!_reasons || _syntax.CallEndsReasoning);
        List<Delimiter> delimiters = [];
        if (_reasons)
        {
            delimiters.AddRange(_syntax.Reasoning.Where(pair => _reasoning is null || pair == _reasoning).Select(pair => new Delimiter(pair.Close, BeginText)));
        }
        else
        {
            delimiters.AddRange(_syntax.Ignored.Select(delimiter => new Delimiter(delimiter, BeginText)));
        }

        if (_mayReason && IsBlank)
        {
            delimiters.AddRange(_syntax.Reasoning.Select(pair => new Delimiter(pair.Open, () => BeginReasoning(pair))));
        }
        else if (_reasons && IsBlank)
        {
            delimiters.AddRange(_syntax.Reasoning.Where(pair => _reasoning is null || pair == _reasoning).Select(pair => new Delimiter(pair.Open, () => BeginReasoning(_reasoning))));
        }

        if (expectsCalls)
        {
            delimiters.AddRange(_syntax.Calls.Where(section => IsBlank || !section.OnlyAtStart).Select(section => new Delimiter(section.Open, () => BeginCall(section))));
            delimiters.AddRange(_syntax.CallWrappers.Where(_ => !_reasons).Select(delimiter => new Delimiter(delimiter, BeginText)));
        }

        if (_afterCall)
        {
            delimiters.AddRange(_syntax.CallSeparators.Select(delimiter => new Delimiter(delimiter, BeginText)));
        }

        _delimiters = [.. delimiters];
    }

    private sealed record Delimiter(string Text, Action Pass);
}
