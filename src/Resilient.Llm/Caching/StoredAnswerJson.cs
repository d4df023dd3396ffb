using System.Text.Json;
using System.Text.Json.Serialization;

namespace Resilient.Llm.Caching;

/// <summary>The form of stored answers in a distributed store.</summary>
/// <remarks>An entry repeats its own key: one that was copied under another name, by mistake or on purpose, is not accepted.</remarks>
internal sealed record StoredAnswerPayload
{
    /// <summary>Raise it when old readers would misread new entries; each reader ignores other versions.</summary>
    public const int CurrentVersion = 2;

    public required int Version { get; init; }

    public required string Key { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    public required bool IsFirstStep { get; init; }

    public required AnswerContent Content { get; init; }

    public static byte[] Write(string key, StoredAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(
        new StoredAnswerPayload
        {
            Version = CurrentVersion,
            Key = key,
            StoredAt = answer.StoredAt,
            IsFirstStep = answer.IsFirstStep,
            Content = answer.Content,
        },
        StoredAnswerJsonContext.Default.StoredAnswerPayload);

    /// <summary>Null for anything but our entry for this key. Throws <see cref="JsonException"/> for other JSON shapes.</summary>
    public static StoredAnswer? TryRead(string key, byte[] bytes)
    {
        var payload = JsonSerializer.Deserialize(bytes, StoredAnswerJsonContext.Default.StoredAnswerPayload);
        if (payload is not { Version: CurrentVersion } || payload.Key != key || !payload.Content.IsComplete())
        {
            return null;
        }

        // Finds nulls in arrays and unreadable properties now and not while a caller waits for the answer.
        _ = payload.Content.ToResponse();
        return new(payload.Content, payload.StoredAt, payload.IsFirstStep);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false,
    Converters = [typeof(ExactStringConverter)])]
[JsonSerializable(typeof(StoredAnswerPayload))]
internal sealed partial class StoredAnswerJsonContext : JsonSerializerContext;

/// <summary>
/// Refuses text that JSON cannot carry: the writer would replace an unpaired surrogate with U+FFFD and change the answer.
/// </summary>
internal sealed class ExactStringConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(Exact(value));

    public override string ReadAsPropertyName(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString()!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(Exact(value));

    private static string Exact(string value)
    {
        var rest = value.AsSpan();
        for (int i; (i = rest.IndexOfAnyInRange('\uD800', '\uDFFF')) >= 0; rest = rest[(i + 2)..])
        {
            if (i + 1 == rest.Length || !char.IsSurrogatePair(rest[i], rest[i + 1]))
            {
                throw new JsonException("The answer holds an unpaired surrogate.");
            }
        }

        return value;
    }
}
