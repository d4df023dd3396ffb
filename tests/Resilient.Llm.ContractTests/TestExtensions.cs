using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

internal static class TestExtensions
{
    /// <summary>No test waits for a clock; this only turns a hang into a failure.</summary>
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(s_tooLong);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(s_tooLong);

    public static WireProtocol Other(this WireProtocol protocol) =>
        protocol == WireProtocol.Anthropic ? WireProtocol.OpenAI : WireProtocol.Anthropic;

    public static IChatClient Client(
        this LoopbackProvider provider, WireProtocol protocol, HttpClient? httpClient = null, bool sdkDefaults = false) =>
        protocol == WireProtocol.Anthropic
            ? provider.CreateAnthropicClient(httpClient: httpClient, sdkDefaults: sdkDefaults)
            : provider.CreateOpenAIClient(httpClient: httpClient, sdkDefaults: sdkDefaults);
}
