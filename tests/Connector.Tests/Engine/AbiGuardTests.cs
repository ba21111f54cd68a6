using System.Runtime.InteropServices;
using CurKv.Connector.Engine;
using CurKv.Connector.Engine.Loading;
using CurKv.Connector.Engine.Native;
using CurKv.Connector.Tests.Models;
using LLama.Native;

namespace CurKv.Connector.Tests.Engine;

public class AbiGuardTests
{
    private static byte[] Context => Bytes(Defaults(LLamaContextParams.Default));

    private static byte[] Model => Bytes(Defaults(LLamaModelParams.Default));

    [Fact]
    public void Layout_Expected_IsTheBindings()
    {
        Assert.Equal((Marshal.SizeOf<LLamaContextParams>(), Marshal.SizeOf<LLamaModelParams>()), (LlamaDefaults.Context.Size, LlamaDefaults.Model.Size));
        Assert.Equal(Offset<LLamaContextParams>(nameof(LLamaContextParams.n_threads)), LlamaDefaults.Context.OffsetOf("n_threads"));
        Assert.Equal(Offset<LLamaContextParams>(nameof(LLamaContextParams.llama_flash_attn_type)), LlamaDefaults.Context.OffsetOf("flash_attn_type"));
        Assert.Equal(Offset<LLamaContextParams>(nameof(LLamaContextParams.cb_eval)), LlamaDefaults.Context.OffsetOf("cb_eval"));
        Assert.Equal(Offset<LLamaContextParams>(nameof(LLamaContextParams.n_samplers)), LlamaDefaults.Context.OffsetOf("n_samplers"));
        Assert.Equal(Offset<LLamaModelParams>(nameof(LLamaModelParams.load_mode)), LlamaDefaults.Model.OffsetOf("load_mode"));
        Assert.Equal(Offset<LLamaModelParams>(nameof(LLamaModelParams.progress_callback)), LlamaDefaults.Model.OffsetOf("progress_callback"));
        Assert.Equal((36, 16), (LlamaDefaults.Context.Count(), LlamaDefaults.Model.Count()));
    }

    [Fact]
    public void Problem_LoadedLibrary_IsNone()
    {
        Assert.Null(AbiGuard.Problem("context", LlamaDefaults.Context, Context, Context.Length));
        Assert.Null(AbiGuard.Problem("model", LlamaDefaults.Model, Model, Model.Length));

        // Its last two bytes are padding.
        Assert.Null(AbiGuard.Problem("model", LlamaDefaults.Model, Model, Model.Length - 2));
        Assert.Null(AbiGuard.Problem("model", LlamaDefaults.Model, Model, size: 0));
    }

    [Fact]
    public void Problem_AnyFieldWithAnotherDefault_NamesIt()
    {
        AssertEachIsNamed(LlamaDefaults.Context, Context);
        AssertEachIsNamed(LlamaDefaults.Model, Model);

        static void AssertEachIsNamed(NativeStruct expected, byte[] defaults)
        {
            foreach (string field in expected)
            {
                byte[] other = [.. defaults];
                other[expected.OffsetOf(field)] ^= 0x10;

                Assert.Contains($" {field} ", AbiGuard.Problem("params", expected, other, other.Length), StringComparison.Ordinal);
            }
        }
    }

    // b10361: what follows moves into the padding before cb_eval, so that the size stays and most defaults match.
    [Fact]
    public void Problem_FieldInsertedAtTheSameSize_NamesTheFirstThatMoved()
    {
        int at = LlamaDefaults.Context.OffsetOf("n_threads");
        int padding = LlamaDefaults.Context.OffsetOf("cb_eval") - sizeof(int);
        byte[] moved = [.. Context[..at], 0, 0, 0, 0, .. Context[at..padding], .. Context[(padding + sizeof(int))..]];
        Assert.Equal(Context.Length, moved.Length);

        Assert.Contains("n_threads at byte 24 is not 4", AbiGuard.Problem("llama_context_params", LlamaDefaults.Context, moved, moved.Length), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(-8)]
    public void Problem_AnotherSize_TellsBoth(int more)
    {
        string problem = AbiGuard.Problem("llama_model_params", LlamaDefaults.Model, new byte[512], LlamaDefaults.Model.Size + more)!;

        Assert.Contains($"{72 + more} bytes and not 72", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("815a2a591", true)]
    [InlineData("815a2a5", true)]
    [InlineData("815a2a5912", true)]
    [InlineData("815A2A591-dirty", true)]
    [InlineData("unknown", true)]
    [InlineData("", true)]
    [InlineData("815a2", false)]
    [InlineData("adb92f2", false)]
    [InlineData("ac12145-dirty", false)]
    [InlineData("815a2a592", false)]
    public void Matches_Commit_IsTheBuildOrNotKnown(string commit, bool expected) => Assert.Equal(expected, LlamaCppBuild.Matches(commit));

    [Fact]
    public void Check_AnotherCommit_NamesBothBuildsAndTheFix()
    {
        using LlamaSharpEngine engine = TestModels.Load(TestModels.Pebble);
        nint llama = NativeModules.Handle(LlamaGaps.Llama);

        var e = Assert.Throws<LlamaNativeLibraryException>(() => AbiGuard.Check(llama, "/lib/libllama.so", "adb92f2"));

        Assert.Contains("/lib/libllama.so", e.Message, StringComparison.Ordinal);
        Assert.Contains("815a2a591 (b10221, of LLamaSharp 0.30.0)", e.Message, StringComparison.Ordinal);
        Assert.Contains("adb92f2", e.Message, StringComparison.Ordinal);
        Assert.Contains("LLamaSharp.Backend.* 0.30.0", e.Message, StringComparison.Ordinal);
        AbiGuard.Check(llama, "/lib/libllama.so", LlamaCppBuild.Commit);
        Assert.True(LlamaCppBuild.Matches(engine.Binding.LlamaCppBuild), engine.Binding.LlamaCppBuild);
    }

    // Our own loading goes first: it says where llama.cpp logs to.
    private static T Defaults<T>(Func<T> defaults)
    {
        TestModels.Load(TestModels.Pebble).Dispose();
        return defaults();
    }

    private static unsafe byte[] Bytes<T>(T value)
        where T : struct
    {
        byte[] bytes = new byte[Marshal.SizeOf<T>()];
        fixed (byte* place = bytes)
        {
            Marshal.StructureToPtr(value, (nint)place, fDeleteOld: false);
        }

        return bytes;
    }

    private static int Offset<T>(string field) => (int)Marshal.OffsetOf<T>(field);
}
