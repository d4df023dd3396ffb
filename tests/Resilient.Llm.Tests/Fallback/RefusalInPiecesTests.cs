#pragma warning disable OPENAI001 // Made by OpenAI's SDK, as in its streams.
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI.Responses;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A model that has begun to refuse has refused, also where the rest does not come in time: no other model is asked.</summary>
public sealed class RefusalInPiecesTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refusal_ThenSilence_GoesToNoOtherModel(bool hedged)
    {
        using var model = new BeginningClient("""{"type":"response.refusal.delta","delta":"I can"}""");
        using var ladder = Ladder(model, hedged);

        var failure = await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming: true)));

        Assert.NotNull(failure);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnythingElse_ThenSilence_AnotherModelAnswers(bool hedged)
    {
        using var model = new BeginningClient("""{"type":"response.in_progress","response":{"status":"in_progress"}}""");
        using var ladder = Ladder(model, hedged);

        Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming: true))).Text);
    }

    /// <summary>The application may want another model's opinion.</summary>
    [Fact]
    public async Task Refusal_ThenSilence_WhereRefusalsStepDown_AnotherModelAnswers()
    {
        using var model = new BeginningClient("""{"type":"response.refusal.delta","delta":"I can"}""");
        using var ladder = Ladder(model, hedged: false, static chat => chat.WithFailures(
            static failures => failures.Reactions[FailureKind.ContentFiltered] = new(RetrySameEndpoint: false, HealthEffect.Neutral, StepDown: true)));

        Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming: true))).Text);
    }

    private IChatClient Ladder(IChatClient model, bool hedged, Action<ResilientChatBuilder>? configure = null)
    {
        var builder = _lab.Builder().AddModel("primary", model).AddModel("cheaper", _lab.Cheaper).WithRetries(0);
        configure?.Invoke(builder);
        return (hedged ? builder.WithHedging(TimeSpan.FromSeconds(1)) : builder).Build();
    }

    /// <summary>Gives one update and then shows no life until it is cancelled.</summary>
    private sealed class BeginningClient(string update) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return new(ChatRole.Assistant, [])
            {
                RawRepresentation = ModelReaderWriter.Read<StreamingResponseUpdate>(BinaryData.FromString(update)),
            };
            var cancelled = new TaskCompletionSource();
            cancellationToken.UnsafeRegister(static (source, token) => ((TaskCompletionSource)source!).TrySetCanceled(token), cancelled);
            await cancelled.Task;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
