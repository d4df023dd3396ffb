using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Resilient.Llm.Loopback;

/// <summary>Kestrel on 127.0.0.1 and a free port, counting its connections.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();
    private readonly KestrelServer _server;

    public LoopbackServer()
    {
        var options = new KestrelServerOptions { ApplicationServices = _services, AddServerHeader = false };

        // Scripts hold streams open and dribble on purpose.
        options.Limits.MinResponseDataRate = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Listen(IPAddress.Loopback, 0, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(next => connection => CountAsync(next, connection));
        });

        // With a buffer of this size a flush returns when the socket has the bytes, so nothing is lost when the connection is broken next.
        var transport = new SocketTransportOptions { MaxWriteBufferSize = 2, Backlog = 4096 };
        _server = new KestrelServer(
            Options.Create(options),
            new SocketTransportFactory(Options.Create(transport), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    public Gauge Connections { get; } = new();

    public async Task<Uri> StartAsync(Func<HttpContext, Task> serve, CancellationToken cancellationToken)
    {
        await _server.StartAsync(new LoopbackApplication(serve), cancellationToken).ConfigureAwait(false);
        return new Uri(_server.Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/");
    }

    public async ValueTask DisposeAsync()
    {
        // A token that is cancelled already: connections are not waited for but aborted.
        await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    private async Task CountAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        Connections.Add(1);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Connections.Add(-1);
        }
    }
}
