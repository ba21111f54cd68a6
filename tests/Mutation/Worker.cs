namespace CurKv.Mutation;

/// <summary>Tests one mutant after the other and writes a verdict for each, in a process that a mutant may take down.</summary>
internal static class Worker
{
    // The tests take about a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Tests the mutants from one on; −1 is the unchanged library.</summary>
    /// <returns>The program's exit code: not 0 where one does not end.</returns>
    public static int Run(IReadOnlyList<Mutant> mutants, LibraryCompiler compiler, string tests, IReadOnlyList<string> folders, int first)
    {
        TestAssembly.SharePackages(Path.GetDirectoryName(tests)!);
        for (int index = first; index < mutants.Count; index++)
        {
            using MemoryStream? library = compiler.Compile(index < 0 ? null : mutants[index]);
            if (library is null)
            {
                Console.WriteLine($"{index} {Verdict.Invalid}");
                continue;
            }

            string? failure = null;
            var thread = new Thread(() =>
            {
                var assembly = new TestAssembly(tests, library);
                failure = assembly.FirstFailure(folders);
                assembly.Unload();
            });
            thread.IsBackground = true;
            thread.Start();
            if (!thread.Join(Patience))
            {
                return 1;
            }

            Console.WriteLine($"{index} {(failure is null ? Verdict.Survived : Verdict.Killed)} {failure}");
        }

        return 0;
    }
}
