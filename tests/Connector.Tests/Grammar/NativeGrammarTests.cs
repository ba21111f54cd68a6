using System.Runtime.InteropServices;
using System.Text;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.Tests.Models;

namespace CurKv.Connector.Tests.Grammar;

/// <summary>llama.cpp itself reads the grammars.</summary>
public sealed unsafe class NativeGrammarTests
{
    [Fact]
    public void Build_AllCases_CompileNatively()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        foreach (TheoryDataRow<string, string[], string[]> row in SchemaCases.All)
        {
            Assert.True(Compiles(JsonSchemaGrammarTests.Compile(row.Data.Item1)), $"llama.cpp refuses the grammar of {row.Data.Item1}");
        }

        for (int seed = 0; seed < 60; seed++)
        {
            string schema = new RandomSchemas(new Random(seed)).Schema().ToJsonString();
            Assert.True(Compiles(JsonSchemaGrammarTests.Compile(schema)), $"llama.cpp refuses the grammar of {schema}");
        }
    }

    [Fact]
    public void Build_WrongGrammar_DoesNotCompileNatively()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);

        Assert.False(Compiles("root ::= missing\n"));
        Assert.False(Compiles("root ::= root \"a\" | \"b\"\n"));
        Assert.False(Compiles("root ::= \"a\"{2000}\n"));
    }

    // The vocabulary matters only when a grammar names tokens.
    private static bool Compiles(string grammar)
    {
        nint library = NativeModules.Handle("llama");
        var create = (delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint>)NativeLibrary.GetExport(library, "llama_sampler_init_grammar");
        var free = (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(library, "llama_sampler_free");
        fixed (byte* text = Encoding.UTF8.GetBytes(grammar + '\0'), root = "root\0"u8)
        {
            nint sampler = create(0, text, root);
            if (sampler != 0)
            {
                free(sampler);
            }

            return sampler != 0;
        }
    }
}
