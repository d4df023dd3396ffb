using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

internal static class TestExtensions
{
    /// <summary>No test waits for a clock; this only turns a hang into a failure.</summary>
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(s_tooLong);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(s_tooLong);

    public static IChatClient ClientOf(this WireProtocol protocol, LoopbackProvider provider, HttpClient? httpClient = null) =>
        protocol == WireProtocol.Anthropic
            ? provider.CreateAnthropicClient(httpClient: httpClient)
            : provider.CreateOpenAIClient(httpClient: httpClient);
}
