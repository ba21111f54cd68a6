using System.Text;
using System.Text.Json;
using CurKv.Connector.Engine;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Engine;

public sealed class SamplerGrammarTests(SamplerHarness harness) : IClassFixture<SamplerHarness>
{
    private const string Json = """
        root ::= object
        object ::= "{" (pair ("," pair){0,3})? "}"
        pair ::= string ":" value
        value ::= string | number | "true" | "null" | "[" (number ("," number){0,2})? "]"
        string ::= "\"" ([^"\\\x00-\x1F] | "\\" ["\\/bfnrt]){0,6} "\""
        number ::= "-"? ("0" | [1-9] [0-9]{0,3}) ("." [0-9]{1,2})?
        """;

    public static TheoryData<string, string> Unusable => new()
    {
        { "", "empty" },
        { " \n", "empty" },
        { "root ::= \"a\0b\"", "NUL" },
        { "root ::= \"\ud800\"", "surrogate" },
        { "root ::= " + new string('(', 100_000) + "\"a\"" + new string(')', 100_000), "parentheses" },
        { "root ::= \"a\"{3,1}", "below the lower one" },
        { "root ::= " + string.Concat(Enumerable.Repeat("\"a\"{1999} ", 500)), "too large" },
        { "root ::= \"" + new string('a', 100_000) + "\"{1999}", "too large" },
        { "root ::= " + new string('a', 1 << 20), "characters" },
        { "root ::= (\"a\"? \"a\"?){200} \"b\"", "optional items" },
        { "root ::= " + string.Concat(Enumerable.Repeat("\"a\"? ", 129)), "optional items" },
        { "root ::= several{8} \"b\"\nseveral ::= some{1,8}\nsome ::= (\"a\" | ) (\"\" | [a]* [a]?)", "optional items" },
        { "root ::= \"(\" (\"a\"{0,9} # (\n){1000} \")\"", "optional items" },
        { "root ::= (\"a\"", "llama.cpp" },
        { "root ::= \"a", "llama.cpp" },
        { "root ::= [a", "llama.cpp" },
        { "root ::= \"\\", "llama.cpp" },
        { "root ::= nowhere", "llama.cpp" },
        { "other ::= \"a\"", "llama.cpp" },
        { "root ::= root \"a\"", "llama.cpp" },
        { "root ::= \"a\"{9999}", "llama.cpp" },
        { "root ::= \"a\"{2,", "llama.cpp" },
        { "root = \"a\"", "llama.cpp" },
        { "root ::= <no such token>", "llama.cpp" },
        { "just words", "llama.cpp" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void CreateSampler_UnusableGrammar_ThrowsAndGoesOn(string gbnf, string why)
    {
        foreach (string[] triggers in new string[][] { [], ["<call>"] })
        {
            LlamaGrammarException e = Assert.Throws<LlamaGrammarException>(() => harness.Sampler(SamplerHarness.With(gbnf, triggers)));

            Assert.Equal(gbnf, e.Grammar);
            Assert.Contains(why, e.Message, StringComparison.Ordinal);
        }

        Assert.Equal("a", harness.Answer(SamplerHarness.With("root ::= \"a\""), SamplerHarness.Wanting("b")));
    }

    [Theory]
    [InlineData("root ::= (\"a\"? \"b\"?){64} \"c\"")]
    [InlineData("root ::= (\"a\"? \"c\"){400}")]
    [InlineData("root ::= \"x\"{0,1000} (\"a\" | [(?|]){0,400}")]
    [InlineData("root ::= more{0,300}\nmore ::= space \"a\" space\nspace ::= \" \"?")]
    public void CreateSampler_FewOptionalItemsInARow_IsUsed(string gbnf)
    {
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.With(gbnf));

        Assert.InRange(GrammarOptionals.Longest(gbnf), 1, GrammarOptionals.Limit);
    }

    [Fact]
    public void CreateSampler_ManyLargeGrammars_AreNotAllKept()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        string large = new('a', 400_000);
        string huge = new('a', 600_000);
        for (int i = 0; i < 11; i++)
        {
            Use(large, i);
        }

        Use(large, 10);
        Assert.Equal(11, engine.Grammars.Compiled);
        Use(large, 0);
        Assert.Equal(12, engine.Grammars.Compiled);

        Use(huge, 0);
        Use(huge, 0);
        Assert.Equal(14, engine.Grammars.Compiled);

        void Use(string text, int i) => engine.CreateSampler(SamplerHarness.With($"root ::= \"{i}{text}\"")).Dispose();
    }

    [Fact]
    public void CreateSampler_LongChainOfRules_Compiles()
    {
        string chain = string.Concat(Enumerable.Range(0, 55_000).Select(rule => $"r{rule} ::= r{rule + 1}\n"));

        Assert.Equal("a", harness.Answer(SamplerHarness.With($"root ::= r0\n{chain}r55000 ::= \"a\""), SamplerHarness.Wanting("b")));
    }

    [Theory]
    [InlineData("root ::= \"yes\" | \"no\"", "yes", "yes")]
    [InlineData("root ::= \"yes\" | \"no\"", "nope", "no")]
    [InlineData("root ::= [0-9]+", "12x", "120")]
    [InlineData("root ::= (\"a\"?)*", "aax", "aa")]
    [InlineData("root ::= [0-9]{3}", "7", "700")]
    [InlineData("root ::= \"caf\u00e9 \U0001F600\"", "?", "caf\u00e9 \U0001F600")]
    [InlineData("root ::= [\u00e9-\u00eb]{2}", "\u00ea", "\u00ea\u00e9")]
    [InlineData("root ::= \"\"", "a", "")]
    public void Sample_Grammar_KeepsTheAnswerToIt(string gbnf, string wanted, string answer)
    {
        // Beside what is wanted, "0" and what lies low are the likeliest, in the order of their ids.
        Func<int, float[]> logits = index =>
        {
            float[] wanting = SamplerHarness.Wanting(wanted)(index);
            wanting[SamplerHarness.Token('0')] += 1;
            return wanting;
        };

        Assert.Equal(answer, harness.Answer(SamplerHarness.With(gbnf), logits, 20));
    }

    [Fact]
    public void Sample_CompleteGrammarAndEndForbidden_Ends()
    {
        SamplerSettings settings = SamplerHarness.With("root ::= \"ab\"") with { LogitBias = new Dictionary<int, float> { [SamplerHarness.EndOfGeneration] = float.NegativeInfinity } };

        Assert.Equal("ab", harness.Answer(settings, SamplerHarness.Wanting("zzz"), 5));
    }

    [Fact]
    public void Sample_NothingContinuesTheGrammar_Throws()
    {
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.With("root ::= \"ab\"") with
        {
            LogitBias = new Dictionary<int, float> { [SamplerHarness.Token('b')] = float.NegativeInfinity },
        });
        Assert.Equal(SamplerHarness.Token('a'), sampler.Sample(SamplerHarness.Logits()));

        Assert.Contains("No token", Assert.Throws<LlamaGrammarException>(() => sampler.Sample(SamplerHarness.Logits())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(1f, 1)]
    [InlineData(1f, 40)]
    [InlineData(2f, 0)]
    public void Sample_JsonGrammarAndRandomLogits_WritesJson(float temperature, int topK)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            string answer = harness.Answer(SamplerHarness.With(Json) with { Temperature = temperature, TopK = topK, Seed = (uint)seed }, SamplerHarness.Random(seed), 2000);

            Assert.DoesNotContain('…', answer);
            Assert.Equal(JsonValueKind.Object, JsonElement.Parse(answer).ValueKind);
        }
    }

    // The highest allowed logits may lie far down: looking at the likeliest first must find the very same.
    [Fact]
    public void Sample_RefusedDraw_TakesTheBestOfAllThatAreAllowed()
    {
        int[] allowed = [.. "mnopq".Select(SamplerHarness.Token)];
        foreach (int depth in new[] { 0, 10, 63, 64, 65, 200, 300 })
        {
            float[] logits = [.. Enumerable.Range(0, SamplerHarness.Vocabulary).Select(token => (float)((token * 7919) % 257))];
            float[] descending = [.. logits.OrderDescending()];
            for (int i = 0; i < allowed.Length; i++)
            {
                logits[allowed[i]] = descending[depth] - (i is 1 or 2 ? 0 : 0.25f);
            }

            Assert.Equal(allowed[1], One(SamplerHarness.Greedy, logits));
            Assert.Equal(
                [allowed[1], allowed[2]],
                Enumerable.Range(0, 60).Select(seed => One(SamplerHarness.Plain with { TopK = 2, Seed = (uint)seed }, logits)).Distinct().Order());
        }

        int One(SamplerSettings settings, float[] logits)
        {
            using LlamaSharpSampler sampler = harness.Sampler(settings with { Grammar = new("root ::= [m-q]") });
            return sampler.Sample(logits);
        }
    }

    // Of more equals than are looked at first, the first has to be taken, which may not be among those.
    [Fact]
    public void Sample_EqualsBeyondThoseLookedAt_TakesTheFirst()
    {
        float[] logits = new float[SamplerHarness.Vocabulary];
        logits.AsSpan(SamplerHarness.Token('\u00a0')..SamplerHarness.Token('\u00e0')).Fill(5);
        logits.AsSpan(SamplerHarness.Token('\u00e0')..SamplerHarness.Token('\u0100')).Fill(6);
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.With("root ::= [\u00c0-\u07ff]"));

        Assert.Equal(SamplerHarness.Token('\u00c3'), sampler.Sample(logits));
    }

    // Tokens of many characters, and of parts of them: those that are left out by their first byte must be ones that do not fit.
    [Theory]
    [InlineData(Json)]
    [InlineData("root ::= ([^\u00e9a-z]{1,3} \" the\" [ -~]{2,9} [\u00e9\U0001F600-\U0001F64F]){5}")]
    [InlineData("root ::= (\"a\" | <[300]> | !<[301]>){20}")]
    [InlineData("root ::= (\"a\" | <[300]>){20}")]
    public void Sample_RealVocabulary_TakesTheBestThatFits(string gbnf)
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        SamplerSettings settings = SamplerHarness.With(gbnf);
        using var sampler = (LlamaSharpSampler)engine.CreateSampler(settings);
        using var grammar = new SamplerGrammar(settings.Grammar!, engine.Grammars, engine.Tokens);
        var random = new Random(5);
        float[] logits = new float[engine.Model.VocabularySize];
        for (int i = 0; i < 25; i++)
        {
            for (int token = 0; token < logits.Length; token++)
            {
                logits[token] = random.Next(1000);
            }

            int best = Enumerable.Range(0, logits.Length).OrderByDescending(token => logits[token]).First(grammar.Allows);
            Assert.Equal(best, sampler.Sample(logits));
            if (engine.IsEndOfGeneration(best))
            {
                return;
            }

            grammar.Accept(best);
        }
    }

    [Fact]
    public void IsConstraining_NoTrigger_FromTheStart()
    {
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.With("root ::= \"a\""));
        using LlamaSharpSampler free = harness.Sampler(SamplerHarness.Greedy);

        Assert.True(sampler.IsConstraining);
        Assert.False(free.IsConstraining);
    }

    [Theory]
    [InlineData("no call at all", "no call at all")]
    [InlineData("<cal", "<cal")]
    [InlineData("<<call>9!", "<<call>9;")]
    [InlineData("so <call>12!!!", "so <call>12;")]
    [InlineData("<call <call>x", "<call <call>0;")]
    [InlineData("say [tool]x", "say [tool]0;")]
    public void Sample_Triggers_BindFromTheTriggerOn(string wanted, string answer)
    {
        SamplerSettings settings = SamplerHarness.With("root ::= (\"<call>\" | \"[tool]\") [0-9]+ \";\"", "<call>", "[tool]");
        Func<int, float[]> logits = index =>
        {
            float[] wanting = SamplerHarness.Wanting(wanted)(index);
            wanting[SamplerHarness.Token(index == wanted.IndexOf('x', StringComparison.Ordinal) ? '0' : ';')] += 1;
            return wanting;
        };

        Assert.Equal(answer, harness.Answer(settings, logits, 40));
    }

    [Fact]
    public void IsConstraining_Trigger_OnceItIsWhole()
    {
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.With("root ::= \"<a>\" [0-9]", "<a>"));
        List<bool> constraining = [];
        for (int i = 0; i < 4; i++)
        {
            sampler.Sample(SamplerHarness.Wanting("x<a>")(i));
            constraining.Add(sampler.IsConstraining);
        }

        Assert.Equal([false, false, false, true], constraining);
    }

    // Nothing is to be remembered of an answer but what may begin a trigger, and the search must not slow down.
    [Fact]
    public void Sample_LongAnswerBeforeTheTrigger_IsStillFree()
    {
        string wanted = string.Concat(Enumerable.Repeat("<call ", 5000)) + "<call>7;";

        Assert.Equal(wanted, harness.Answer(SamplerHarness.With("root ::= \"<call>\" [0-9] \";\"", "<call>"), index => SamplerHarness.Wanting(wanted[(index / 1000 * 1000)..Math.Min(wanted.Length, (index / 1000 * 1000) + 1000)])(index % 1000), 40_000));
    }

    [Fact]
    public void Sample_GrammarDoesNotBeginWithItsTrigger_NeverTriggers() =>
        Assert.Equal("<call!", harness.Answer(SamplerHarness.With("root ::= \"other\"", "<call>"), index => SamplerHarness.Logits((SamplerHarness.Wanting("<call>")(index).IndexOf(5f), 5), (SamplerHarness.Token('!'), index == 5 ? 4 : -20)), 7));

    // Below each character that is wanted: whether a trigger counts there.
    [Theory]
    [InlineData("a <call>9! <call>9!", "-------------------", "a <call>9! <call>9!")]
    [InlineData("a <call>9! b", "--------++++", "a <call>9! b")]
    [InlineData("a <call>9! b", "+++---++++++", "a <call>9! b")]
    [InlineData("a <call>9! b", "+++++-++++++", "a <call>9! b")]
    [InlineData("<caXXll>9!", "+++--+++++", "<caXXll>9!")]
    [InlineData("a <call>9! b", "--++++++++++", "a <call>9;")]
    [InlineData("a <call> <call>9!", "--------+++++++++", "a <call> <call>9;")]
    [InlineData("<ca<call>9!", "---++++++++", "<ca<call>9;")]
    [InlineData("<call>99!", "++++++---", "<call>99;")]
    public void AllowTrigger_WhereItIsNot_TriggersDoNotCount(string wanted, string allowed, string answer)
    {
        using LlamaSharpSampler sampler = harness.Sampler(SamplerHarness.With("root ::= \"<call>\" [0-9]+ \";\"", "<call>"));
        var text = new StringBuilder();
        for (int i = 0; i < wanted.Length; i++)
        {
            sampler.AllowTrigger(allowed[i] == '+');
            float[] logits = SamplerHarness.Wanting(wanted)(i);
            logits[SamplerHarness.Token(';')] = 4;
            int token = sampler.Sample(logits);
            if (token == SamplerHarness.EndOfGeneration)
            {
                break;
            }

            text.Append((char)(token - SamplerHarness.Token('\0')));
        }

        Assert.Equal(answer, text.ToString());
        Assert.Equal(answer.EndsWith(';'), sampler.IsConstraining);
    }

    [Theory]
    [InlineData(" {", "{", "root ::= \"{\" [0-9]+ \"}\"")]
    [InlineData(" the", "the", "root ::= \"the\" [0-9]+ \"!\"")]
    [InlineData(" there", "the", "root ::= \"there\" [0-9]+ \"!\"")]
    public void Sample_TriggerInsideOfAToken_BindsFromThereOn(string wanted, string trigger, string gbnf)
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        int token = engine.Tokenize("a" + wanted, addSpecial: false, parseSpecial: false)[^1];
        using var sampler = (LlamaSharpSampler)engine.CreateSampler(SamplerHarness.With(gbnf, trigger));
        float[] logits = new float[engine.Model.VocabularySize];
        logits[token] = 5;

        Assert.Equal(token, sampler.Sample(logits));
        Assert.True(sampler.IsConstraining);

        byte[] piece = new byte[64];
        int next = sampler.Sample(logits);
        Assert.All(piece[..engine.Piece(next, piece)], each => Assert.True(char.IsAsciiDigit((char)each)));
    }

    [Fact]
    public void Sample_TokenGoesOnBehindTheTriggerAsTheGrammarDoesNot_TakesAnother()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        int there = engine.Tokenize("a there", addSpecial: false, parseSpecial: false)[^1];
        int the = engine.Tokenize("a the", addSpecial: false, parseSpecial: false)[^1];
        using var sampler = (LlamaSharpSampler)engine.CreateSampler(SamplerHarness.With("root ::= \"the\" [0-9]+", "the"));
        float[] logits = new float[engine.Model.VocabularySize];
        (logits[there], logits[the]) = (5, 4);

        Assert.Equal(the, sampler.Sample(logits));
        Assert.True(sampler.IsConstraining);
    }

    [Fact]
    public void CreateSampler_SameGrammar_IsCompiledOnce()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        Parallel.For(0, 20, i => engine.CreateSampler(SamplerHarness.With($"root ::= \"{i % 2}\"", i % 3 == 0 ? ["0", "1"] : [])).Dispose());
        Assert.Equal(2, engine.Grammars.Compiled);

        // The oldest gives way: 0 was used before 1, and both before the others.
        for (int i = 2; i < 65; i++)
        {
            Use(1);
            Use(i);
        }

        Use(1);
        Assert.Equal(65, engine.Grammars.Compiled);
        Use(0);
        Assert.Equal(66, engine.Grammars.Compiled);

        void Use(int i) => engine.CreateSampler(SamplerHarness.With($"root ::= \"{i}\"")).Dispose();
    }
}
