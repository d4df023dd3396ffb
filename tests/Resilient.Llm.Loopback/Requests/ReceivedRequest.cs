using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>A request as it arrived over the socket: all that a provider was sent.</summary>
/// <param name="Number">Its place among the provider's requests, from 1.</param>
/// <param name="Protocol">The protocol it came in.</param>
/// <param name="Body">The JSON body.</param>
/// <param name="Headers">The headers, by name without regard to case. Values of a repeated header are joined by commas.</param>
public sealed partial record ReceivedRequest(
    int Number, WireProtocol Protocol, JsonElement Body, IReadOnlyDictionary<string, string> Headers)
{
    private const string Bearer = "Bearer ";

    /// <summary>The path, without the query.</summary>
    public string Path { get; private init; } = "";

    /// <summary>The query with its question mark, or the empty string: <c>?api-version=…</c> on Azure.</summary>
    public string Query { get; private init; } = "";

    /// <summary>The body as it was sent.</summary>
    public string RawBody => Body.GetRawText();

    /// <summary>The model asked for.</summary>
    public string Model => Body.TryGetProperty("model", out var model) ? model.GetString() ?? "" : "";

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool IsStreaming { get; private init; }

    /// <summary>The API key, or <see langword="null"/> when none was sent.</summary>
    public string? ApiKey =>
        Headers.TryGetValue("x-api-key", out var key) || Headers.TryGetValue("api-key", out key) ? key
        : Headers.TryGetValue("Authorization", out var value) && value.StartsWith(Bearer, StringComparison.Ordinal) ? value[Bearer.Length..]
        : null;

    /// <summary>The most tokens that the answer may have; <see langword="null"/> where the request sets no limit.</summary>
    public int? MaxTokens =>
        Body.TryGetProperty("max_tokens", out var most) || Body.TryGetProperty("max_completion_tokens", out most)
        || Body.TryGetProperty("max_output_tokens", out most)
        || (Body.TryGetProperty("options", out var options) && options.ValueKind == JsonValueKind.Object
            && options.TryGetProperty("num_predict", out most))
            ? most.ValueKind == JsonValueKind.Number ? most.GetInt32() : null
            : null;

    internal bool WantsUsage =>
        Body.TryGetProperty("stream_options", out var options) && options.TryGetProperty("include_usage", out var wanted)
        && wanted.ValueKind == JsonValueKind.True;

    internal static async Task<ReceivedRequest> ReadAsync(Wire wire, HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken).ConfigureAwait(false);
        var headers = request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return new(0, wire.Protocol, body.RootElement.Clone(), headers)
        {
            Path = request.Path.Value ?? "",
            Query = request.QueryString.Value ?? "",
            IsStreaming = wire.WantsStream(body.RootElement),
        };
    }
}
