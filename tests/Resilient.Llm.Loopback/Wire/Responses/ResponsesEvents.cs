namespace Resilient.Llm.Loopback;

/// <summary>Numbers and writes the named events of one stream.</summary>
internal sealed class ResponsesEvents
{
    private int _next;

    public Frame Event(FrameKind kind, string name, params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var data = new Dictionary<string, object?> { ["type"] = name, ["sequence_number"] = _next++ };
        foreach (var (field, value) in fields)
        {
            data[field] = value;
        }

        return new(kind, Write(name, WireJson.Bytes(data)));
    }

    public static byte[] Write(string name, ReadOnlySpan<byte> data) =>
        [.. "event: "u8, .. System.Text.Encoding.UTF8.GetBytes(name), .. "\ndata: "u8, .. data, .. "\n\n"u8];
}
