namespace Resilient.Llm.Shared;

/// <summary>The default source of randomness.</summary>
internal static class Randomness
{
#pragma warning disable RS0030 // The one place that may name it: everything else is handed a Func<double>.
    public static Func<double> Default { get; } = Random.Shared.NextDouble;
#pragma warning restore RS0030
}
