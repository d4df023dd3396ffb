namespace Resilient.Llm.Loopback;

/// <content>Plain answers: a body has no pieces, so a fault comes before it or in its middle.</content>
internal sealed partial class ScriptPlayer
{
    private static readonly byte[] s_unknownField = "\"mood\":{\"cheerful\":[1,null]},"u8.ToArray();

    private async Task PlayPlainAsync()
    {
        Response.ContentType = "application/json";
        var body = wire.Plain(script, request);
        var part = body.AsMemory(0, script.AfterContents == 0 ? 0 : body.Length / 2);
        switch (script.Fault)
        {
            case ScriptFault.Stall:
                await StartAsync(body.Length, part).ConfigureAwait(false);
                await HangAsync().ConfigureAwait(false);
                break;
            case ScriptFault.KeepAlives:
                await StartAsync(null, default).ConfigureAwait(false);
                await KeepAliveAsync(s_whiteSpace).ConfigureAwait(false);
                break;
            case ScriptFault.Cut:
                await StartAsync(body.Length, part).ConfigureAwait(false);
                Cut();
                break;
            case ScriptFault.Reset:
                await StartAsync(body.Length, part).ConfigureAwait(false);
                ResetConnection();
                break;
            case ScriptFault.Malformed:
                await StartAsync(body.Length / 2, body.AsMemory(0, body.Length / 2)).ConfigureAwait(false);
                break;
            case ScriptFault.CleanEnd:
                await StartAsync(part.Length, part).ConfigureAwait(false);
                break;
            case ScriptFault.NoEvents:
                await StartAsync(part.Length + s_noEvents.Length, (byte[])[.. part.Span, .. s_noEvents]).ConfigureAwait(false);
                break;
            case ScriptFault.HalfCharacter:
                await StartAsync(body.Length, (byte[])[.. part.Span, Wire.HalfOfALetter]).ConfigureAwait(false);
                Cut();
                break;
            case ScriptFault.UnknownEvent:
                await StartAsync(body.Length + s_unknownField.Length, (byte[])[body[0], .. s_unknownField, .. body.AsSpan(1)]).ConfigureAwait(false);
                break;
            case ScriptFault.ErrorEvent:
                var error = InBandErrorBody;
                await StartAsync(error.Length, error).ConfigureAwait(false);
                break;
            default:
                await StartAsync(body.Length, body).ConfigureAwait(false);
                break;
        }
    }

    private async Task StartAsync(int? promisedLength, ReadOnlyMemory<byte> bytes)
    {
        Response.ContentLength = promisedLength;
        await Response.StartAsync(gone).ConfigureAwait(false);
        await SendAsync(bytes).ConfigureAwait(false);
    }
}
