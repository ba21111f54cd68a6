using System.Text;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Parses answers whose parts stand between marks: every family but harmony.</summary>
/// <remarks>Reasoning is opened at the beginning only, so that an answer may speak of the marks.</remarks>
internal sealed class MarkedAnswerParser : AnswerParser
{
    private readonly AnswerSyntax _syntax;
    private readonly bool _expectsTools;
    private readonly StringBuilder _held = new();
    private Mark[] _marks = [];
    private ReasoningMarks? _reasoning;
    private bool _reasons;
    private bool _mayReason;
    private bool _behindCall;
    private CallSection? _section;
    private CallReader? _reader;

    /// <summary>A parser for one answer.</summary>
    public MarkedAnswerParser(AnswerFormat format, AnswerSyntax syntax, AnswerParserSettings settings)
        : base(format, settings)
    {
        _syntax = syntax;
        _expectsTools = settings.Tools.Count > 0;
        switch (settings.Reasoning)
        {
            case ReasoningStart.Open:
                BeginReasoning(null);
                break;
            case ReasoningStart.Over:
                BeginText();
                break;
            default:
                _mayReason = true;
                ListMarks();
                break;
        }
    }

    /// <inheritdoc/>
    public override bool InToolCall => _reader is { IsCall: true };

    /// <inheritdoc/>
    public override bool InReasoning => _reasons && !InToolCall;

    /// <inheritdoc/>
    public override bool MayCall => _expectsTools
        && (_reader is not null || ((!_reasons || _syntax.CallEndsReasoning) && (IsBlank || !_syntax.Calls.Any(section => section.OnlyAtStart))));

    /// <inheritdoc/>
    protected override void Take(char character)
    {
        if (_reader is { } reader)
        {
            Advance(reader, reader.Append(character));
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
        while (_reader is { } reader)
        {
            CallProgress progress = reader.Finish();
            if (progress == CallProgress.Going)
            {
                BeginText();
                return;
            }

            Advance(reader, progress);
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

    // Gives out from the front what cannot belong to a mark, until the rest is a mark or may become one.
    private void Match()
    {
        while (_held.Length > 0)
        {
            if (FindMark() is not { } mark)
            {
                Release(1);
                continue;
            }

            if (mark.Text.Length == _held.Length)
            {
                _held.Clear();
                mark.Pass();
            }

            return;
        }
    }

    private Mark? FindMark()
    {
        foreach (Mark mark in _marks)
        {
            if (StartsWithHeld(mark.Text))
            {
                return mark;
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
            _behindCall = false;
            ListMarks();
        }
    }

    private bool StartsWithHeld(string mark)
    {
        if (mark.Length < _held.Length)
        {
            return false;
        }

        for (int i = 0; i < _held.Length; i++)
        {
            if (mark[i] != _held[i])
            {
                return false;
            }
        }

        return true;
    }

    private void BeginReasoning(ReasoningMarks? pair)
    {
        _reasons = true;
        _reasoning = pair;
        Enter(AnswerPartKind.Reasoning);
    }

    private void BeginText()
    {
        _reasons = false;
        Enter(AnswerPartKind.Text);
    }

    private void Enter(AnswerPartKind kind)
    {
        _mayReason = false;
        Begin(kind);
        ListMarks();
    }

    private void BeginCall(CallSection section)
    {
        _section = section;
        _reader = section.CreateReader(Settings);
        foreach (char character in section.IsPartOfCall ? section.Open : string.Empty)
        {
            _reader.Append(character);
        }
    }

    private void Advance(CallReader reader, CallProgress progress)
    {
        if (progress == CallProgress.Going)
        {
            return;
        }

        _reader = null;
        IReadOnlyList<ToolCallText> calls = progress == CallProgress.Whole ? reader.Calls() : [];
        if (calls.Count == 0)
        {
            Refuse(reader.Consumed);
        }
        else
        {
            BeginText();
            foreach (ToolCallText call in calls)
            {
                Give(call);
            }

            _behindCall = true;
            ListMarks();
        }

        TakeAll(reader.Rest);
    }

    // An answer may speak of the marks: they are text then, as all between them is.
    private void Refuse(string text)
    {
        _held.Append(_section is { IsPartOfCall: false } section ? section.Open : string.Empty).Append(text);
        Release(_held.Length);
    }

    // The marks that mean something here. An opening mark is passed over where reasoning has just begun: many models repeat the prompt's.
    private void ListMarks()
    {
        bool expectsCalls = _expectsTools && (!_reasons || _syntax.CallEndsReasoning);
        List<Mark> marks = [];
        if (_reasons)
        {
            marks.AddRange(_syntax.Reasoning.Where(pair => _reasoning is null || pair == _reasoning).Select(pair => new Mark(pair.Close, BeginText)));
        }
        else
        {
            marks.AddRange(_syntax.Silent.Select(mark => new Mark(mark, BeginText)));
        }

        if (_mayReason && IsBlank)
        {
            marks.AddRange(_syntax.Reasoning.Select(pair => new Mark(pair.Open, () => BeginReasoning(pair))));
        }
        else if (_reasons && IsBlank)
        {
            marks.AddRange(_syntax.Reasoning.Where(pair => _reasoning is null || pair == _reasoning).Select(pair => new Mark(pair.Open, () => BeginReasoning(_reasoning))));
        }

        if (expectsCalls)
        {
            marks.AddRange(_syntax.Calls.Where(section => IsBlank || !section.OnlyAtStart).Select(section => new Mark(section.Open, () => BeginCall(section))));
            marks.AddRange(_syntax.CallFrames.Where(_ => !_reasons).Select(mark => new Mark(mark, BeginText)));
        }

        if (_behindCall)
        {
            marks.AddRange(_syntax.CallSeparators.Select(mark => new Mark(mark, BeginText)));
        }

        _marks = [.. marks];
    }

    private sealed record Mark(string Text, Action Pass);
}
