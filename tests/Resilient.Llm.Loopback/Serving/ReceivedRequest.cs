using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>A request as it arrived over the socket.</summary>
/// <param name="Number">Its place among the provider's requests, from 1.</param>
/// <param name="Protocol">The protocol it came in.</param>
/// <param name="Body">The JSON body.</param>
/// <param name="Headers">The headers, by name without regard to case.</param>
public sealed record ReceivedRequest(int Number, WireProtocol Protocol, JsonElement Body, IReadOnlyDictionary<string, string> Headers)
{
    private const string Bearer = "Bearer ";

    /// <summary>The model asked for.</summary>
    public string Model => Body.TryGetProperty("model", out var model) ? model.GetString() ?? "" : "";

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool IsStreaming => Body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;

    /// <summary>The API key, or <see langword="null"/> when none was sent.</summary>
    public string? ApiKey =>
        Headers.TryGetValue("x-api-key", out var key) ? key
        : Headers.TryGetValue("Authorization", out var value) && value.StartsWith(Bearer, StringComparison.Ordinal) ? value[Bearer.Length..]
        : null;

    /// <summary>The text of the last message, whose role is usually <c>user</c>; empty when it has none.</summary>
    public string LastText => Messages is [.., var last] ? last.Text : "";

    /// <summary>The messages: role and text of each, without the instructions that Anthropic keeps beside them.</summary>
    public IReadOnlyList<(string Role, string Text)> Messages =>
        Body.TryGetProperty("messages", out var messages)
            ? [.. messages.EnumerateArray().Select(static message => (message.GetProperty("role").GetString() ?? "", TextOf(message)))]
            : [];

    /// <summary>The most tokens that the answer may have; <see langword="null"/> where the request sets no limit.</summary>
    public int? MaxTokens =>
        Body.TryGetProperty("max_tokens", out var most) || Body.TryGetProperty("max_completion_tokens", out most) ? most.GetInt32() : null;

    internal bool WantsUsage =>
        Body.TryGetProperty("stream_options", out var options) && options.TryGetProperty("include_usage", out var wanted)
        && wanted.ValueKind == JsonValueKind.True;

    internal static async Task<ReceivedRequest> ReadAsync(Wire wire, HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken).ConfigureAwait(false);
        var headers = request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return new(0, wire.Protocol, body.RootElement.Clone(), headers);
    }

    private static string TextOf(JsonElement message) =>
        !message.TryGetProperty("content", out var content) ? "" : content.ValueKind switch
        {
            JsonValueKind.String => content.GetString()!,
            JsonValueKind.Array => string.Concat(
                content.EnumerateArray().Select(static part => part.TryGetProperty("text", out var text) ? text.GetString() : "")),
            _ => "",
        };
}
