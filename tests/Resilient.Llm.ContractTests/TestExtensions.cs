using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

internal static class TestExtensions
{
    /// <summary>No test waits for a clock; this only turns a hang into a failure.</summary>
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(s_tooLong);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(s_tooLong);

    /// <summary>What the second model speaks: never the protocol of the first.</summary>
    public static WireProtocol Other(this WireProtocol protocol) => protocol switch
    {
        WireProtocol.Anthropic => WireProtocol.OpenAI,
        WireProtocol.Responses => WireProtocol.Ollama,
        WireProtocol.Ollama => WireProtocol.Responses,
        _ => WireProtocol.Anthropic,
    };

    public static IChatClient Client(
        this LoopbackProvider provider, WireProtocol protocol, HttpClient? httpClient = null, bool sdkDefaults = false) =>
        provider.CreateClient(protocol, httpClient, sdkDefaults);
}
