using System.Runtime.InteropServices;

namespace CurKv.Connector.Engine.Loading;

/// <summary>
/// What LLamaSharp's natives need of a Linux system and slim containers lack. The loader's own message reaches nobody: LLamaSharp lists
/// what it may be, and never which library it is.
/// </summary>
internal static unsafe class NativePrerequisites
{
    private const string OpenMp = "libgomp.so.1";
    private const string CLibrary = "libc.so.6";

    /// <summary>Looks for what the natives of LLamaSharp's packages need on this system.</summary>
    /// <returns>What is missing and how it is installed; null where nothing is known to be.</returns>
    public static string? Missing() => OperatingSystem.IsLinux() ? Missing(CanLoad, GlibcVersion(), RuntimeInformation.ProcessArchitecture) : null;

    /// <summary>Says what a Linux system lacks.</summary>
    /// <param name="canLoad">Whether the system's loader finds a library.</param>
    /// <param name="glibc">The version of glibc; null where the C library is another one (musl).</param>
    /// <param name="architecture">The process's architecture.</param>
    /// <returns>What is missing and how it is installed; null where nothing is known to be.</returns>
    public static string? Missing(Func<string, bool> canLoad, Version? glibc, Architecture architecture)
    {
        Version needed = architecture == Architecture.Arm64 ? new Version(2, 38) : new Version(2, 34);
        if (glibc is not null && glibc < needed)
        {
            return $"LLamaSharp's natives need glibc {needed} or later, and this system has {glibc}. Use a newer distribution " +
                (architecture == Architecture.Arm64 ? "(Debian 13, Ubuntu 24.04, Fedora 39 or later)" : "(Debian 12, Ubuntu 22.04, RHEL 9, Fedora 35 or later)") +
                ", or build llama.cpp on this one.";
        }

        return canLoad(OpenMp) ? null
            : $"LLamaSharp's natives need {OpenMp} (OpenMP), which this system does not have. Install it: 'apt-get install libgomp1' on Debian and Ubuntu, 'apk add libgomp' on Alpine, 'dnf install libgomp' on Fedora and RHEL.";
    }

    private static bool CanLoad(string library)
    {
        // It stays loaded: the natives want it next.
        return NativeLibrary.TryLoad(library, out _);
    }

    private static Version? GlibcVersion() =>
        NativeLibrary.TryLoad(CLibrary, out nint library) && NativeLibrary.TryGetExport(library, "gnu_get_libc_version", out nint function)
        && Version.TryParse(Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)function)()), out Version? version)
            ? version
            : null;
}
