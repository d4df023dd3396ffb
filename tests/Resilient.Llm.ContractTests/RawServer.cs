using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Resilient.Llm.ContractTests;

/// <summary>An HTTP server that keeps what it was sent word by word: a redirect first, then an empty answer.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawServer(int status, string location)
    {
        _listener.Start();
        _ = ServeAsync(status, location);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>The requests with their bodies.</summary>
    public List<string> Heads { get; } = [];

    public IEnumerable<string> RequestLines => Heads.Select(static head => head.Split("\r\n")[0]);

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(int status, string location)
    {
        string[] answers = [$"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\n", "HTTP/1.1 200 OK\r\n"];
        foreach (var answer in answers)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            Heads.Add(await ReadAsync(stream));
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "Content-Length: 0\r\nConnection: close\r\n\r\n"));
        }
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
            var sent = text.ToString();
            var end = sent.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var length = sent.Split("\r\n").FirstOrDefault(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
            if (end >= 0 && sent.Length - end - 4 >= (length is null ? 0 : int.Parse(length.Split(':')[1], null)))
            {
                return sent;
            }
        }
    }
}
