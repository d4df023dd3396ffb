namespace Resilient.Llm.Loopback;

/// <content>Streams: the fault comes at its place among the contents.</content>
internal sealed partial class ScriptPlayer
{
    private async Task PlayStreamAsync()
    {
        Response.ContentType = "text/event-stream; charset=utf-8";
        Response.Headers.CacheControl = "no-cache";
        await Response.StartAsync(gone).ConfigureAwait(false);

        var contents = 0;
        foreach (var frame in wire.Frames(script, request))
        {
            if (script.Fault != ScriptFault.None
                && (frame.Kind == FrameKind.End || (frame.Kind == FrameKind.Content && contents == script.AfterContents)))
            {
                await BreakStreamAsync().ConfigureAwait(false);
                return;
            }

            if (frame.Kind == FrameKind.Content && contents++ > 0 && script.Pace > TimeSpan.Zero)
            {
                await Task.Delay(script.Pace, gone).ConfigureAwait(false);
            }

            await SendAsync(frame.Bytes).ConfigureAwait(false);
        }
    }

    private async Task BreakStreamAsync()
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
                await SendAsync(wire.ErrorEvent).ConfigureAwait(false);
                break;
        }
    }
}
