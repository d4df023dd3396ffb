using System.Text.Json.Serialization;

namespace Resilient.Llm.Chaos;

/// <summary>JSON metadata of <see cref="Scorecard"/>, for serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    WriteIndented = true)]
[JsonSerializable(typeof(Scorecard))]
public sealed partial class ScorecardJsonContext : JsonSerializerContext;
