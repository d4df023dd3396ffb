using System.Text;

namespace Resilient.Llm.Tests;

/// <summary>What a server may write into Location: whatever it is, the request goes nowhere else and the endpoint is to blame.</summary>
public sealed class ProviderRedirectTests
{
    [Theory]
    [InlineData("//:99999/")]
    [InlineData("//[/")]
    [InlineData("//host:port/")]
    [InlineData("///")]
    [InlineData("//a b/")]
    [InlineData("http:")]
    [InlineData("http://")]
    [InlineData("http:///x")]
    [InlineData("http://xn--\u0080/")]
    [InlineData("http://xn--0/")]
    [InlineData("http://xn--a-ecp.ru/")]
    [InlineData("mailto:a@b")]
    [InlineData("file:///etc/passwd")]
    [InlineData("\\\\elsewhere\\share")]
    [InlineData("//provider@elsewhere/")]
    [InlineData("http://provider:80@elsewhere/")]
    [InlineData("javascript:alert(1)")]
    public async Task Location_OfNoOtherOrigin_IsNotFollowedAndIsAnHttpFailure(string location)
    {
        using var handler = new ProviderHttpHandler(sockets => sockets.ConnectCallback = (context, _) =>
        {
            Assert.Equal("provider", context.DnsEndPoint.Host);
            return new(new OneAnswerStream($"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"));
        });
        using var http = new HttpClient(handler);
        using var content = new StringContent("confidential");

        var failure = await Record.ExceptionAsync(async () =>
        {
            using var response = await http.PostAsync(new Uri("http://provider/v1/chat"), content);
            response.EnsureSuccessStatusCode();
        });

        Assert.Equal(307, (int)Assert.IsType<HttpRequestException>(failure).StatusCode!);
    }

    [Theory]
    [InlineData("/v2/chat", "/v2/chat")]
    [InlineData("chat2?a=b", "/v1/chat2?a=b")]
    [InlineData("//provider/v3", "/v3")]
    [InlineData("HTTP://PROVIDER:80/v4", "/v4")]
    public async Task Location_InTheOrigin_IsFollowed(string location, string path)
    {
        var connections = 0;
        var last = new OneAnswerStream("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using var handler = new ProviderHttpHandler(sockets => sockets.ConnectCallback = (_, _) => new(connections++ == 0
            ? new OneAnswerStream($"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            : last));
        using var http = new HttpClient(handler);
        using var content = new StringContent("confidential");

        using var response = await http.PostAsync(new Uri("http://provider/v1/chat"), content);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.StartsWith($"POST {path} ", last.Received, StringComparison.Ordinal);
    }

    /// <summary>A connection that has its answer ready.</summary>
    private sealed class OneAnswerStream(string answer) : MemoryStream(Encoding.Latin1.GetBytes(answer))
    {
        private readonly StringBuilder _received = new();

        public string Received => _received.ToString();

        public override bool CanWrite => true;

        public override void Write(byte[] buffer, int offset, int count) => _received.Append(Encoding.Latin1.GetString(buffer, offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => _received.Append(Encoding.Latin1.GetString(buffer));

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer, offset, count);
            return Task.CompletedTask;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
