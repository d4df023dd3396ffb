using System.Runtime.CompilerServices;

namespace Resilient.Llm.Chaos.Points;

/// <summary>What every named point asks of its name.</summary>
internal static class ChaosPoint
{
    /// <exception cref="ArgumentException">Null, empty or blank.</exception>
    public static string Named(string name, [CallerArgumentExpression(nameof(name))] string? parameter = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        return name;
    }
}
