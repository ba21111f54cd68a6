using System.Numerics;
using CurKv.Jinja.Syntax;
using CurKv.Jinja.Values;

namespace CurKv.Jinja.Evaluation;

/// <summary>Arithmetic as Python has it: integers and floats apart, booleans as integers, division and remainder that round down.</summary>
internal static class JinjaNumbers
{
    /// <summary>Whether a value is a number; booleans are.</summary>
    public static bool IsNumber(JinjaValue value) => value is JinjaInteger or JinjaFloat or JinjaBoolean;

    /// <summary>A number as a float.</summary>
    public static double ToDouble(JinjaValue value) => value is JinjaFloat real ? real.Value : (double)ToInteger(value);

    /// <summary>An integer or a boolean as an integer.</summary>
    public static BigInteger ToInteger(JinjaValue value) => value switch
    {
        JinjaInteger integer => integer.Value,
        JinjaBoolean => value.IsTrue ? BigInteger.One : BigInteger.Zero,
        JinjaUndefined undefined => throw undefined.Error(),
        _ => throw new JinjaException($"An integer is needed, but this is a '{value.TypeName}'."),
    };

    /// <summary>An integer or a boolean, cut to what an index can be.</summary>
    public static int ToIndex(JinjaValue value) => (int)BigInteger.Clamp(ToInteger(value), int.MinValue + 1, int.MaxValue);

    /// <summary>Compares two numbers.</summary>
    /// <returns>Less than, equal to or greater than zero; null where one is not a number (NaN).</returns>
    public static int? Compare(JinjaValue left, JinjaValue right)
    {
        if (left is not JinjaFloat && right is not JinjaFloat)
        {
            return ToInteger(left).CompareTo(ToInteger(right));
        }

        (double first, double second) = (ToDouble(left), ToDouble(right));
        return double.IsNaN(first) || double.IsNaN(second) ? null : first.CompareTo(second);
    }

    /// <summary>Applies an arithmetic operator to two numbers.</summary>
    public static JinjaValue Calculate(JinjaBudget budget, JinjaOperator operation, JinjaValue left, JinjaValue right)
    {
        bool isFloat = left is JinjaFloat || right is JinjaFloat || operation == JinjaOperator.Divide;
        bool isDivision = operation is JinjaOperator.Divide or JinjaOperator.FloorDivide or JinjaOperator.Modulo;
        if (isDivision && ToDouble(right) == 0)
        {
            throw new JinjaException("Division by zero.");
        }

        // A negative power of an integer is a fraction.
        return isFloat || (operation == JinjaOperator.Power && ToInteger(right).Sign < 0)
            ? new JinjaFloat(Calculate(operation, ToDouble(left), ToDouble(right)))
            : new JinjaInteger(Calculate(budget, operation, ToInteger(left), ToInteger(right)));
    }

    private static double Calculate(JinjaOperator operation, double left, double right) => operation switch
    {
        JinjaOperator.Add => left + right,
        JinjaOperator.Subtract => left - right,
        JinjaOperator.Multiply => left * right,
        JinjaOperator.Divide => left / right,
        JinjaOperator.FloorDivide => Math.Floor(left / right),
        JinjaOperator.Modulo => left - (right * Math.Floor(left / right)),
        _ => Math.Pow(left, right),
    };

    private static BigInteger Calculate(JinjaBudget budget, JinjaOperator operation, BigInteger left, BigInteger right)
    {
        long bits = left.GetBitLength();
        budget.Bits(operation switch
        {
            JinjaOperator.Multiply => bits + right.GetBitLength(),
            JinjaOperator.Power => bits <= 1 ? 1 : bits * (long)BigInteger.Min(right, int.MaxValue),
            _ => Math.Max(bits, right.GetBitLength()) + 1,
        });
        switch (operation)
        {
            case JinjaOperator.Add:
                return left + right;
            case JinjaOperator.Subtract:
                return left - right;
            case JinjaOperator.Multiply:
                return left * right;
            case JinjaOperator.Power:
                return left.IsOne || left.IsZero ? (right.IsZero ? BigInteger.One : left)
                    : left == BigInteger.MinusOne ? (right.IsEven ? BigInteger.One : left)
                    : BigInteger.Pow(left, (int)right);
            default:
                BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger remainder);
                bool roundsDown = !remainder.IsZero && remainder.Sign != right.Sign;
                return operation == JinjaOperator.FloorDivide ? quotient - (roundsDown ? 1 : 0) : remainder + (roundsDown ? right : 0);
        }
    }
}
