using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>How one protocol writes answers and errors. It knows nothing of faults: <see cref="ScriptPlayer"/> plays those.</summary>
internal abstract class Wire
{
    /// <summary>The first of the two bytes of "ü".</summary>
    internal const byte HalfOfALetter = 0xC3;

    public abstract WireProtocol Protocol { get; }

    /// <summary>What is sent to keep a stream open while there is nothing to say.</summary>
    public abstract byte[] KeepAlive { get; }

    /// <summary>A content event whose JSON breaks off.</summary>
    public abstract byte[] MalformedEvent { get; }

    /// <summary>An event of a type that the SDK has never heard of.</summary>
    public abstract byte[] UnknownEvent { get; }

    /// <summary>A content event that breaks off in the middle of a character.</summary>
    public abstract byte[] HalfCharacter { get; }

    /// <summary>The content type of a stream.</summary>
    public virtual string StreamType => "text/event-stream; charset=utf-8";

    /// <summary>Whether a request wants a stream.</summary>
    public virtual bool WantsStream(JsonElement body) => body.Find("stream") is { ValueKind: JsonValueKind.True };

    /// <summary>Why the service refuses this request whatever the model would say, or <see langword="null"/> when it does not.</summary>
    public virtual WireError? Refuse(ReceivedRequest request) => null;

    /// <summary>What the provider has kept of the conversation that this request goes on with.</summary>
    public virtual IReadOnlyList<JsonElement> Kept(ReceivedRequest request) => [];

    /// <summary>The complete, well-behaved stream.</summary>
    public abstract IEnumerable<Frame> Frames(Script script, ReceivedRequest request);

    /// <summary>The complete, well-behaved plain body.</summary>
    public abstract byte[] Plain(Script script, ReceivedRequest request);

    /// <summary>The error that this provider sends for a script with a status.</summary>
    public abstract WireError ErrorFor(Script script, ReceivedRequest request);

    /// <summary>The body of the error that this provider is known to send inside an answer.</summary>
    public abstract byte[] InBandErrorBody { get; }

    /// <summary>An error as an event of a stream.</summary>
    public abstract byte[] ErrorEvent(byte[] body);

    /// <summary>Headers that this service sends with every response.</summary>
    public abstract void AddHeaders(Script script, ReceivedRequest request, IHeaderDictionary headers);

    /// <summary>The text in pieces, a word each, so that the pieces joined are the text.</summary>
    internal static IEnumerable<string> Pieces(string text)
    {
        var start = 0;
        for (var i = 1; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ' ' && text[i - 1] != ' '))
            {
                yield return text[start..i];
                start = i;
            }
        }
    }

    /// <summary>The JSON in two fragments, broken at a place where neither half is JSON.</summary>
    internal static (string First, string Second) Halves(string json) => (json[..(json.Length / 2)], json[(json.Length / 2)..]);

    internal static int CompletionTokens(Script script) =>
        script.CompletionTokens ?? Pieces(script.Text).Count() + Pieces(script.RefusalText ?? "").Count() + (3 * script.Tools.Count);

    protected static byte[] Json(object value) => WireJson.Bytes(value);

    protected static byte[] Event(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>An error response: the status and the provider's body for it.</summary>
internal readonly record struct WireError(int Status, byte[] Body);
