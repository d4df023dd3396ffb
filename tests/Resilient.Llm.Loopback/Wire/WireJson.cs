using System.Text.Encodings.Web;
using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>JSON as the providers write it: quotation marks and angle brackets inside strings stay readable.</summary>
internal static class WireJson
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Bytes(object value) => JsonSerializer.SerializeToUtf8Bytes(value, s_options);
}
