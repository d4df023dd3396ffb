namespace Resilient.Llm.Loopback;

/// <content>Streams: the fault comes at its place among the contents.</content>
internal sealed partial class ScriptPlayer
{
    private static readonly byte[] s_noEvents = "<html>\r\n<h1>502 Bad Gateway</h1>\r\n</html>\r\n\r\n"u8.ToArray();

    private async Task PlayStreamAsync()
    {
        Response.ContentType = wire.StreamType;
        Response.Headers.CacheControl = "no-cache";
        await Response.StartAsync(gone).ConfigureAwait(false);

        // Starting alone does not send the headers.
        await Response.Body.FlushAsync(gone).ConfigureAwait(false);

        var contents = 0;
        var isBroken = script.Fault == ScriptFault.None;
        byte[] last = [];
        foreach (var frame in wire.Frames(script, request))
        {
            if (!isBroken && IsPlaceOfFault(frame.Kind, contents))
            {
                isBroken = true;
                if (!await BreakStreamAsync(last).ConfigureAwait(false))
                {
                    return;
                }
            }

            if (frame.Kind == FrameKind.Content && contents++ > 0 && script.Pace > TimeSpan.Zero)
            {
                await Task.Delay(script.Pace, gone).ConfigureAwait(false);
            }

            await SendAsync(last = frame.Bytes).ConfigureAwait(false);
        }
    }

    private bool IsPlaceOfFault(FrameKind next, int contents) => script.Place switch
    {
        ScriptPlace.AfterToolCall => next >= FrameKind.Finish,
        ScriptPlace.AfterFinish => next == FrameKind.End,
        ScriptPlace.InHostedTool => next >= FrameKind.HostedToolEnd,
        _ => next > FrameKind.Content || (next == FrameKind.Content && contents == script.AfterContents),
    };

    /// <summary>Plays the fault. True: it does no harm, and the answer goes on.</summary>
    private async Task<bool> BreakStreamAsync(byte[] last)
    {
        switch (script.Fault)
        {
            case ScriptFault.Stall:
                await HangAsync().ConfigureAwait(false);
                break;
            case ScriptFault.KeepAlives:
                await KeepAliveAsync(wire.KeepAlive).ConfigureAwait(false);
                break;
            case ScriptFault.Cut:
                Cut();
                break;
            case ScriptFault.Reset:
                ResetConnection();
                break;
            case ScriptFault.Malformed:
                await SendAsync(wire.MalformedEvent).ConfigureAwait(false);
                break;
            case ScriptFault.ErrorEvent:
                await SendAsync(wire.ErrorEvent(InBandErrorBody)).ConfigureAwait(false);
                break;
            case ScriptFault.NoEvents:
                await SendAsync(s_noEvents).ConfigureAwait(false);
                break;
            case ScriptFault.HalfCharacter:
                await SendAsync(wire.HalfCharacter).ConfigureAwait(false);
                Cut();
                break;
            case ScriptFault.UnknownEvent:
                await SendAsync(wire.UnknownEvent).ConfigureAwait(false);
                return true;
            case ScriptFault.Repeat:
                await SendAsync(last).ConfigureAwait(false);
                return true;
        }

        return false;
    }
}
