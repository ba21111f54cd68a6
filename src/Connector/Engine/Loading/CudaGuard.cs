using System.Runtime.InteropServices;
using CurKv.Connector.Engine.Native;

namespace CurKv.Connector.Engine.Loading;

/// <summary>
/// Refuses a CUDA library whose kernels the installed driver cannot run on the GPU that is there: ggml ends the process at the first
/// kernel. libcuda itself is asked, which the driver brings.
/// </summary>
internal static unsafe class CudaGuard
{
    /// <summary>The plain name of ggml's CUDA library.</summary>
    public const string Library = "ggml-cuda";

    private const int MajorAttribute = 75;
    private const int MinorAttribute = 76;

    /// <summary>Checks the CUDA library that is loaded, if one is.</summary>
    /// <exception cref="LlamaNativeLibraryException">Its kernels cannot run.</exception>
    public static void Check()
    {
        if (NativeModules.FindPath(Library) is string path)
        {
            Check(path);
        }
    }

    /// <summary>Checks a CUDA library, loaded or not.</summary>
    /// <exception cref="LlamaNativeLibraryException">Its kernels cannot run.</exception>
    public static void Check(string path)
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint cuda))
        {
            return;
        }

        (int driver, List<int> capabilities) = Ask(cuda);
        if (capabilities.Count > 0 && Problem(path, CudaFatBinary.Read(path), driver, capabilities) is string problem)
        {
            throw new LlamaNativeLibraryException(problem) { Fault = LlamaFault.CudaUnusable };
        }
    }

    /// <summary>Why a library's kernels cannot run; null where they can, or where it cannot be known.</summary>
    /// <param name="path">The library.</param>
    /// <param name="images">The forms in which it carries its kernels.</param>
    /// <param name="driver">The driver's CUDA version, such as 13000 for 13.0.</param>
    /// <param name="capabilities">The GPUs' compute capabilities, such as 90 for 9.0.</param>
    public static string? Problem(string path, IReadOnlyList<CudaImage> images, int driver, IReadOnlyList<int> capabilities)
    {
        foreach (int capability in capabilities)
        {
            if (images.Count == 0 || images.Any(image => image.Runs(capability, driver)))
            {
                continue;
            }

            int needed = images.Where(image => image.IsPtx && image.Architecture <= capability).Select(image => image.MinimumCuda).DefaultIfEmpty().Min();
            string remedy = needed > 0
                ? $"needs a driver with CUDA {Version(needed)} or later there, and this one has CUDA {Version(driver)}. Update the driver, use"
                : $"has no kernels for it (driver: CUDA {Version(driver)}). Use";
            return $"The CUDA library '{path}' cannot run on a GPU of compute capability {Capability(capability)}: it {remedy} a package built for this GPU and driver (such as LLamaSharp.Backend.Cuda12), or hide the GPU from the process (CUDA_VISIBLE_DEVICES=-1).";
        }

        return null;
    }

    private static string Version(int cuda) => FormattableString.Invariant($"{cuda / 1000}.{cuda % 1000 / 10}");

    private static string Capability(int capability) => FormattableString.Invariant($"{capability / 10}.{capability % 10}");

    private static (int Driver, List<int> Capabilities) Ask(nint cuda)
    {
        int driver = 0;
        int count = 0;
        List<int> capabilities = [];
        var getAttribute = (delegate* unmanaged<int*, int, int, int>)Export("cuDeviceGetAttribute");
        var getDevice = (delegate* unmanaged<int*, int, int>)Export("cuDeviceGet");
        bool asked = ((delegate* unmanaged<uint, int>)Export("cuInit"))(0) == 0
            && ((delegate* unmanaged<int*, int>)Export("cuDriverGetVersion"))(&driver) == 0
            && ((delegate* unmanaged<int*, int>)Export("cuDeviceGetCount"))(&count) == 0;
        for (int i = 0; asked && i < count; i++)
        {
            int device, major, minor;
            if (getDevice(&device, i) == 0 && getAttribute(&major, MajorAttribute, device) == 0 && getAttribute(&minor, MinorAttribute, device) == 0)
            {
                capabilities.Add((major * 10) + minor);
            }
        }

        return (driver, capabilities);

        nint Export(string name) => NativeLibrary.GetExport(cuda, name);
    }
}
