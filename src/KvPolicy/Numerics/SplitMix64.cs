namespace CurKv.KvPolicy.Numerics;

/// <summary>Steele, Lea and Flood's generator (OOPSLA 2014): stateless, and the same on every machine and runtime.</summary>
internal static class SplitMix64
{
    private const ulong Gamma = 0x9E37_79B9_7F4A_7C15;

    /// <summary>64 well mixed bits for a number.</summary>
    public static ulong Hash(ulong value)
    {
        ulong z = value + Gamma;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>A normally distributed number: Box and Muller's transform of the hashes of a number and its successor.</summary>
    public static double Normal(ulong value)
    {
        const double UnitStep = 1.0 / (1UL << 53);

        // Above 0, where the logarithm is finite.
        double radius = ((Hash(value) >> 11) + 1) * UnitStep;
        double turn = (Hash(value + 1) >> 11) * UnitStep;
        return Math.Sqrt(-2 * Math.Log(radius)) * Math.Cos(2 * Math.PI * turn);
    }
}
