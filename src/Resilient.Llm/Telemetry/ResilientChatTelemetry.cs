using System.Diagnostics;

namespace Resilient.Llm;

/// <summary>Names of the library's meter and activity source, for <c>AddMeter</c> and <c>AddSource</c>.</summary>
public static class ResilientChatTelemetry
{
    /// <summary>The name of both the meter and the activity source: "Resilient.Llm".</summary>
    public const string Name = "Resilient.Llm";

    internal static ActivitySource Activities { get; } = new(Name);
}
