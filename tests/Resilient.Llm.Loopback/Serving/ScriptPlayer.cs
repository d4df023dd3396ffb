using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>Plays one script on one request: what comes before the body, and the faults that a body can have.</summary>
/// <param name="wire">The protocol.</param>
/// <param name="script">What to play.</param>
/// <param name="request">The request to play it on.</param>
/// <param name="refused">Invoked with the body when the service itself refuses the request, before it is sent.</param>
/// <param name="context">The exchange.</param>
/// <param name="gone">Cancelled when the client has left or the server stops.</param>
internal sealed partial class ScriptPlayer(
    Wire wire, Script script, ReceivedRequest request, Action<string> refused, HttpContext context, CancellationToken gone)
{
    private static readonly byte[] s_whiteSpace = " "u8.ToArray();

    private HttpResponse Response => context.Response;

    /// <summary>Whether the script itself broke the connection, so that nobody takes it for the client's doing.</summary>
    public bool BrokeConnection { get; private set; }

    public async Task PlayAsync()
    {
        if (script.HeldUntil is { } held)
        {
            await held.WaitAsync(gone).ConfigureAwait(false);
        }

        if (script.Delay > TimeSpan.Zero)
        {
            await Task.Delay(script.Delay, gone).ConfigureAwait(false);
        }

        switch (script.Fault)
        {
            case ScriptFault.HangBeforeHeaders:
                await HangAsync().ConfigureAwait(false);
                return;
            case ScriptFault.ResetBeforeHeaders:
                ResetConnection();
                return;
        }

        wire.AddHeaders(script, request, Response.Headers);
        foreach (var (name, value) in script.Headers)
        {
            Response.Headers.Append(name, value);
        }

        if (script.StatusCode is not null)
        {
            await PlayErrorAsync().ConfigureAwait(false);
        }
        else if (wire.Refuse(request) is { } refusal)
        {
            refused(Encoding.UTF8.GetString(refusal.Body));
            await SendErrorAsync(refusal).ConfigureAwait(false);
        }
        else if (request.IsStreaming)
        {
            await PlayStreamAsync().ConfigureAwait(false);
        }
        else
        {
            await PlayPlainAsync().ConfigureAwait(false);
        }
    }

    private byte[] InBandErrorBody =>
        script.ErrorStatus is { } status ? wire.ErrorFor(script with { StatusCode = status }, request).Body : wire.InBandErrorBody;

    private async Task PlayErrorAsync()
    {
        var error = script.RawBody is { } raw
            ? new(script.StatusCode!.Value, Encoding.UTF8.GetBytes(raw))
            : wire.ErrorFor(script, request);
        await SendErrorAsync(error).ConfigureAwait(false);
    }

    private async Task SendErrorAsync(WireError error)
    {
        Response.StatusCode = error.Status;
        Response.ContentType = error.Body is [(byte)'<', ..] ? "text/html" : "application/json";
        Response.ContentLength = error.Body.Length;
        await SendAsync(error.Body).ConfigureAwait(false);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await Response.Body.WriteAsync(bytes, gone).ConfigureAwait(false);
        await Response.Body.FlushAsync(gone).ConfigureAwait(false);
    }

    /// <summary>Ends only by cancellation: the client left or the server stops.</summary>
    private Task HangAsync() => Task.Delay(Timeout.InfiniteTimeSpan, gone);

    private async Task KeepAliveAsync(byte[] sign)
    {
        while (true)
        {
            await SendAsync(sign).ConfigureAwait(false);
            await Task.Delay(script.KeepAliveInterval, gone).ConfigureAwait(false);
        }
    }

    private void Cut()
    {
        BrokeConnection = true;
        throw new ConnectionCutException();
    }

    private void ResetConnection()
    {
        BrokeConnection = true;

        // Closing a socket without lingering is what makes the operating system send RST.
        if (context.Features.Get<IConnectionSocketFeature>() is { Socket: var socket })
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        context.Abort();
    }
}
