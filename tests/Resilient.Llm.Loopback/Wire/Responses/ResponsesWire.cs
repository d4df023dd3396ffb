using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>OpenAI Responses: items in place of messages, named events, and answers that the provider keeps.</summary>
internal sealed class ResponsesWire(ProviderMemory memory) : Wire
{
    public override WireProtocol Protocol => WireProtocol.Responses;

    public override byte[] KeepAlive { get; } = Event(": keep-alive\n\n");

    public override byte[] MalformedEvent { get; } = Event(
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":9,\"delta\":\"Hel\n\n");

    public override byte[] InBandErrorBody { get; } = OpenAIErrors.Body(
        "The server had an error while processing your request. Sorry about that!", "server_error", null, "server_error");

    public override byte[] UnknownEvent { get; } =
        Event("event: response.mood\ndata: {\"type\":\"response.mood\",\"sequence_number\":9,\"mood\":\"cheerful\"}\n\n");

    public override byte[] HalfCharacter { get; } =
    [
        .. "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":9,\"delta\":\"gr"u8,
        HalfOfALetter,
    ];

    public override WireError? Refuse(ReceivedRequest request) => ResponsesInput.Refuse(request, memory);

    public override IReadOnlyList<JsonElement> Kept(ReceivedRequest request) => memory.Responses.Kept(request);

    public override IEnumerable<Frame> Frames(Script script, ReceivedRequest request)
    {
        var items = new ResponsesItems(script, request, memory);
        foreach (var frame in new ResponsesStream(script, request, items).Frames())
        {
            if (frame.Kind == FrameKind.Finish)
            {
                Keep(script, request, items);
            }

            yield return frame;
        }
    }

    public override byte[] Plain(Script script, ReceivedRequest request)
    {
        var items = new ResponsesItems(script, request, memory);
        Keep(script, request, items);
        return Json(ResponsesEnvelope.Finished(script, request, items.ResponseId, items.All()));
    }

    /// <summary>The event of an error is flat: it repeats the fields that a body has inside <c>error</c>.</summary>
    public override byte[] ErrorEvent(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var error = document.RootElement.Find("error") ?? default;
        return ResponsesEvents.Write("error", Json(new
        {
            type = "error",
            sequence_number = 9,
            code = error.Text("code") is { Length: > 0 } code ? code : error.Text("type"),
            message = error.Text("message"),
            param = (string?)null,
        }));
    }

    public override WireError ErrorFor(Script script, ReceivedRequest request) => OpenAIErrors.For(script, request);

    public override void AddHeaders(Script script, ReceivedRequest request, IHeaderDictionary headers) =>
        OpenAIHeaders.Add(script, request, headers);

    private void Keep(Script script, ReceivedRequest request, ResponsesItems items)
    {
        if (script.Finish is ScriptFinish.Complete or ScriptFinish.Length or ScriptFinish.ContentFilter)
        {
            var output = items.All().Select(static item => JsonSerializer.SerializeToElement(item));
            memory.Responses.Add(request, items.ResponseId, [.. output]);
        }
    }
}
