using System.Net;

namespace Resilient.Llm.Tests;

public sealed class ChatFailureOptionsTests
{
    [Fact]
    public void Extractor_KnowsAnInnerException_DecidesBeforeTheTable()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static e => e is HttpRequestException ? null : e is IOException ? new(FailureKind.QuotaExhausted, TimeSpan.FromDays(400)) : null);
        options.Extractors.Add(static e => e is IOException ? new(FailureKind.Unauthorized) : null);
        var exception = new AggregateException(new HttpRequestException("x", new IOException(), HttpStatusCode.BadGateway));

        var failure = new ChatFailureClassifier(options).Classify(exception);

        Assert.Equal(new(FailureKind.QuotaExhausted, TimeSpan.FromDays(1), exception), failure);
    }

    [Fact]
    public void Extractor_WithoutRetryAfter_TakesTheOneThatWasFound()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static e => new(FailureKind.ServerError));

        Assert.Equal(TimeSpan.FromSeconds(3), new ChatFailureClassifier(options).Classify(new AzureLikeException(429, null, "3")).RetryAfter);
    }

    [Fact]
    public void Extractor_Throws_CountsAsUnknowing()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static _ => throw new InvalidOperationException());

        Assert.Equal(FailureKind.Timeout, new ChatFailureClassifier(options).Classify(new TimeoutException()).Kind);
    }

    [Fact]
    public void Extractor_CannotTouchCancellation()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static e => new(e is OperationCanceledException ? FailureKind.ServerError : FailureKind.Cancelled));
        var classifier = new ChatFailureClassifier(options);

        Assert.Equal(FailureKind.Cancelled, classifier.Classify(new OperationCanceledException(), new(canceled: true)).Kind);
        Assert.Equal(FailureKind.Timeout, classifier.Classify(new IOException()).Kind);
    }

    [Fact]
    public void Extractor_ReturnsAKindThatDoesNotExist_IsUnknown()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static _ => new((FailureKind)77));

        Assert.Equal(FailureKind.Unknown, new ChatFailureClassifier(options).Classify(new IOException()).Kind);
    }

    [Fact]
    public void Extractor_ShownAnExceptionOfOurOwn_DoesNotSeeWhatIsInside()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static e => e is IOException ? new(FailureKind.Unauthorized) : null);
        var exception = new ChatStreamInterruptedException("cut", FailureKind.Network, new(), new(), new IOException());

        Assert.Equal(FailureKind.Network, new ChatFailureClassifier(options).Classify(exception).Kind);
    }

    [Fact]
    public void Reactions_Given_ReplaceOnlyTheirRows()
    {
        var options = new ChatFailureOptions();
        options.Reactions[FailureKind.ContentFiltered] = new(false, HealthEffect.Neutral, true);
        var classifier = new ChatFailureClassifier(options);
        options.Reactions[FailureKind.Timeout] = default;

        Assert.True(classifier.ReactionTo(FailureKind.ContentFiltered).StepDown);
        Assert.All(
            Enum.GetValues<FailureKind>().Where(static kind => kind != FailureKind.ContentFiltered),
            kind => Assert.Equal(ChatFailureClassifier.Default.ReactionTo(kind), classifier.ReactionTo(kind)));
    }

    public static TheoryData<FailureKind, FailureReaction, string> Contradictions => new()
    {
        { FailureKind.Cancelled, new(false, HealthEffect.Neutral, true), "ChatFailureOptions.Reactions[Cancelled] cannot be changed" },
        { (FailureKind)77, default, "ChatFailureOptions.Reactions[77] is not a kind of failure" },
        { FailureKind.Timeout, new(false, (HealthEffect)9, true), "ChatFailureOptions.Reactions[Timeout] has Health 9" },
        { FailureKind.CircuitOpen, new(false, HealthEffect.Failure, true), "ChatFailureOptions.Reactions[CircuitOpen] has Health Failure" },
        { FailureKind.Rejected, new(true, HealthEffect.Neutral, true), "ChatFailureOptions.Reactions[Rejected] has RetrySameEndpoint true" },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Reactions_Contradictory_AreRefusedByName(FailureKind kind, FailureReaction reaction, string message)
    {
        var options = new ChatFailureOptions();
        options.Reactions[kind] = reaction;

        var exception = Assert.Throws<ArgumentException>(() => new ChatFailureClassifier(options));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extractors_HoldingNull_AreRefusedByIndex()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static _ => null);
        options.Extractors.Add(null!);

        var exception = Assert.Throws<ArgumentException>(() => new ChatFailureClassifier(options));

        Assert.StartsWith("ChatFailureOptions.Extractors[1] is null", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Clone_Changed_LeavesTheOriginal()
    {
        var options = new ChatFailureOptions { ValidateAnswer = static _ => "no", RequireFinishReasonOnStreams = false };
        options.Extractors.Add(static _ => null);
        options.Reactions[FailureKind.Timeout] = default;

        var clone = options.Clone();
        clone.Extractors.Clear();
        clone.Reactions.Clear();

        Assert.Same(options.ValidateAnswer, clone.ValidateAnswer);
        Assert.False(clone.RequireFinishReasonOnStreams);
        Assert.Single(options.Extractors);
        Assert.Single(options.Reactions);
    }
}
