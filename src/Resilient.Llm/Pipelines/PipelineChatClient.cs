using Microsoft.Extensions.AI;
using Polly;
using Resilient.Llm.Pipelines;
using Resilient.Llm.Streams;

namespace Resilient.Llm;

/// <summary>Runs calls through any Polly pipeline, of Polly's or your own strategies.</summary>
/// <remarks>
/// <para>
/// For a stream the pipeline covers everything up to the first content (opening, preamble, a takeover by a retry) and nothing later, since
/// Polly strategies do not know streams. The stream keeps no token of the pipeline: those return to a pool.
/// </para>
/// <para>Connections that your own strategies open are outside this library's residency guarantee. Thread-safe.</para>
/// </remarks>
/// <param name="innerClient">The client to run.</param>
/// <param name="pipeline">The pipeline. Not disposed with this client.</param>
public sealed class PipelineChatClient(IChatClient innerClient, ResiliencePipeline pipeline) : DelegatingChatClient(innerClient)
{
    private readonly ResiliencePipeline _pipeline = pipeline ?? throw new ArgumentNullException(nameof(pipeline));

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        _pipeline.ExecuteAsync(
            static async (request, token) =>
                await request.Client.GetResponseAsync(request.Messages, request.Options, token).ConfigureAwait(false),
            new StreamRequest(InnerClient, messages, options, cancellationToken),
            cancellationToken).AsTask();

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new DeferredStream<StreamRequest>(
            new(this, messages, options, cancellationToken),
            static (request, token) => ((PipelineChatClient)request.Client).Start(request, token));

    private PipelineStream Start(StreamRequest request, CancellationToken ofEnumeration) =>
        new(_pipeline, request with { Client = InnerClient }, ofEnumeration);
}
