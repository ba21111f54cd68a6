using System.Text.Json;

namespace CurKv.Benchmarks.Gpu;

/// <summary>One line of JSON: what was measured, and in what.</summary>
internal static class GpuRow
{
    public static void Write(string measurement, params (string Name, object Value)[] values)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("measurement", measurement);
            foreach ((string name, object value) in values)
            {
                if (value is string text)
                {
                    writer.WriteString(name, text);
                }
                else if (value is bool flag)
                {
                    writer.WriteBoolean(name, flag);
                }
                else
                {
                    writer.WriteNumber(name, Rounded(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture)));
                }
            }

            writer.WriteEndObject();
        }

        Console.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    // Errors are small and sizes are large: both keep what they say.
    private static double Rounded(double value) => Math.Abs(value) < 0.01 ? value : Math.Round(value, 3);
}
