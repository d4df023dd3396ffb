using System.Runtime.CompilerServices;

namespace Resilient.Llm.Chaos.Points;

/// <summary>Validates the names of chaos points.</summary>
internal static class ChaosPoint
{
    /// <exception cref="ArgumentException">Null, empty or blank.</exception>
    public static string Named(string name, [CallerArgumentExpression(nameof(name))] string? parameter = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        return name;
    }
}
