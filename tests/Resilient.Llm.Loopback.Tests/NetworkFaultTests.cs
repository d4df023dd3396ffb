using System.ClientModel;
using System.Net.Sockets;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Before the headers each SDK wraps what the socket says; after them the naked exception comes through.</summary>
public class NetworkFaultTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ConnectionReset_BeforeHeaders_IsWrappedBySdk(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ConnectionReset());

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        AssertWrapped(protocol, seen.Exception);
        Assert.Equal(SocketError.ConnectionReset, Innermost(seen.Exception!).SocketErrorCode);
        Assert.Equal(0, provider.AbortedByClient);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task NobodyListens_IsWrappedBySdk(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync();
        using var http = new HttpClient();
        var client = protocol.ClientOf(provider, http);
        await provider.DisposeAsync();

        var exception = await Record.ExceptionAsync(async () =>
        {
            if (!streaming)
            {
                await client.GetResponseAsync("Hi");
                return;
            }

            await foreach (var _ in client.GetStreamingResponseAsync("Hi"))
            {
            }
        });

        AssertWrapped(protocol, exception);
        Assert.Equal(SocketError.ConnectionRefused, Innermost(exception!).SocketErrorCode);
    }

    [Theory]
    [InlineData(WireProtocol.Anthropic, 0)]
    [InlineData(WireProtocol.Anthropic, 2)]
    [InlineData(WireProtocol.OpenAI, 0)]
    [InlineData(WireProtocol.OpenAI, 2)]
    public async Task Cut_MidBody_IsHttpIOExceptionAfterAllThatWasSent(WireProtocol protocol, int contents)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.CutAfter(contents, "One two three."));

        var streamed = await Observation.OfAsync(provider, protocol, streaming: true);
        var plain = await Observation.OfAsync(provider, protocol, streaming: false);

        Assert.Equal(contents == 0 ? "" : "One two", streamed.Text);
        Assert.All([streamed, plain], seen =>
            Assert.Equal(HttpRequestError.ResponseEnded, Assert.IsType<HttpIOException>(seen.Exception).HttpRequestError));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Reset_MidBody_IsIOExceptionOfTheSocket(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ResetAfter(2));

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        Assert.IsType<IOException>(seen.Exception);
        Assert.Equal(SocketError.ConnectionReset, Innermost(seen.Exception).SocketErrorCode);
    }

    private static void AssertWrapped(WireProtocol protocol, Exception? exception)
    {
        if (protocol == WireProtocol.Anthropic)
        {
            Assert.IsType<AnthropicIOException>(exception);
        }
        else
        {
            Assert.Equal(0, Assert.IsType<ClientResultException>(exception).Status);
        }

        Assert.IsType<HttpRequestException>(((Exception)exception).InnerException);
    }

    private static SocketException Innermost(Exception exception) => Assert.IsType<SocketException>(exception.GetBaseException());
}
