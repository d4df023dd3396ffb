using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Resilient.Llm.Tests;

public sealed class FailureTableTests
{
    private static readonly CancellationToken s_cancelled = new(canceled: true);

    [Theory]
    [InlineData(200, FailureKind.InvalidResponse)]
    [InlineData(301, FailureKind.ModelUnavailable)]
    [InlineData(302, FailureKind.ModelUnavailable)]
    [InlineData(308, FailureKind.ModelUnavailable)]
    [InlineData(424, FailureKind.ServerError)]
    [InlineData(444, FailureKind.ServerError)]
    [InlineData(400, FailureKind.InvalidRequest)]
    [InlineData(401, FailureKind.Unauthorized)]
    [InlineData(402, FailureKind.QuotaExhausted)]
    [InlineData(403, FailureKind.Unauthorized)]
    [InlineData(404, FailureKind.ModelUnavailable)]
    [InlineData(405, FailureKind.ModelUnavailable)]
    [InlineData(408, FailureKind.ServerError)]
    [InlineData(409, FailureKind.ServerError)]
    [InlineData(410, FailureKind.ModelUnavailable)]
    [InlineData(413, FailureKind.ContextTooLong)]
    [InlineData(415, FailureKind.InvalidRequest)]
    [InlineData(418, FailureKind.Unknown)]
    [InlineData(422, FailureKind.InvalidRequest)]
    [InlineData(429, FailureKind.RateLimited)]
    [InlineData(499, FailureKind.Timeout)]
    [InlineData(500, FailureKind.ServerError)]
    [InlineData(503, FailureKind.ServerError)]
    [InlineData(529, FailureKind.ServerError)]
    [InlineData(599, FailureKind.ServerError)]
    [InlineData(999, FailureKind.Unknown)]
    public void Classify_HttpStatus_IsTheKindOfTheTable(int status, FailureKind kind)
    {
        var exception = new HttpRequestException("x", null, (HttpStatusCode)status);

        var failure = ChatFailureClassifier.Default.Classify(exception);

        Assert.Equal(kind, failure.Kind);
        Assert.Same(exception, failure.Exception);
        Assert.Null(failure.RetryAfter);
    }

    public static TheoryData<Exception, FailureKind> Exceptions => new()
    {
        { new TimeoutException(), FailureKind.Timeout },
        { new OperationCanceledException(), FailureKind.Timeout },
        { new TaskCanceledException("t", new TimeoutException("t", new IOException("a", new SocketException(125)))), FailureKind.Timeout },
        { new TaskCanceledException("t", new IOException("a", new SocketException(125))), FailureKind.Timeout },
        { new TimeoutRejectedException(), FailureKind.Timeout },
        { new HttpRequestException("refused", new SocketException(111)), FailureKind.Network },
        { new HttpRequestException("late", new TimeoutException()), FailureKind.Timeout },
        { new HttpRequestException(HttpRequestError.NameResolutionError), FailureKind.Network },
        { new HttpRequestException("tls", new AuthenticationException()), FailureKind.Network },
        { new HttpIOException(HttpRequestError.ResponseEnded), FailureKind.Network },
        { new SocketException(104), FailureKind.Network },
        { new IOException("cut"), FailureKind.Network },
        { new WebException("dns", WebExceptionStatus.NameResolutionFailure), FailureKind.Network },
        { new JsonException("not JSON"), FailureKind.InvalidResponse },
        { new InvalidDataException("not a message"), FailureKind.InvalidResponse },
        { new BrokenCircuitException("open", new HttpRequestException("x", null, HttpStatusCode.BadGateway)), FailureKind.CircuitOpen },
        { new IsolatedCircuitException(), FailureKind.CircuitOpen },
        { new ChatCallRejectedException("cooldown"), FailureKind.Rejected },
        { new DataResidencyException("nowhere", DataResidency.Within("EU")), FailureKind.Rejected },
        { new ChatAnswerRejectedException("empty", FailureKind.InvalidResponse), FailureKind.InvalidResponse },
        { new ChatAnswerRejectedException("filtered", FailureKind.ContentFiltered), FailureKind.ContentFiltered },
        { new InvalidOperationException("x", new HttpRequestException("x", null, HttpStatusCode.TooManyRequests)), FailureKind.RateLimited },
        { new HttpRequestException("wrapped", new HttpRequestException("x", null, HttpStatusCode.NotFound)), FailureKind.ModelUnavailable },
        { new ArgumentException("x"), FailureKind.Unknown },
        { new KeyNotFoundException(), FailureKind.Unknown },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void Classify_Exception_IsTheKindOfTheTable(Exception exception, FailureKind kind) =>
        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(exception).Kind);

    [Theory]
    [InlineData(FailureKind.Timeout, false, HealthEffect.Failure, true)]
    [InlineData(FailureKind.RateLimited, true, HealthEffect.StartsCooldown, true)]
    [InlineData(FailureKind.QuotaExhausted, false, HealthEffect.StartsCooldown, true)]
    [InlineData(FailureKind.ServerError, true, HealthEffect.Failure, true)]
    [InlineData(FailureKind.Network, true, HealthEffect.Failure, true)]
    [InlineData(FailureKind.Unauthorized, false, HealthEffect.Failure, true)]
    [InlineData(FailureKind.ModelUnavailable, false, HealthEffect.Failure, true)]
    [InlineData(FailureKind.ContextTooLong, false, HealthEffect.Neutral, true)]
    [InlineData(FailureKind.ContentFiltered, false, HealthEffect.Neutral, false)]
    [InlineData(FailureKind.InvalidRequest, false, HealthEffect.Neutral, true)]
    [InlineData(FailureKind.InvalidResponse, false, HealthEffect.Failure, true)]
    [InlineData(FailureKind.TokenLimitReached, false, HealthEffect.Neutral, true)]
    [InlineData(FailureKind.CircuitOpen, false, HealthEffect.Neutral, true)]
    [InlineData(FailureKind.Rejected, false, HealthEffect.Neutral, true)]
    [InlineData(FailureKind.Cancelled, false, HealthEffect.Neutral, false)]
    [InlineData(FailureKind.Unknown, false, HealthEffect.Failure, true)]
    [InlineData((FailureKind)999, false, HealthEffect.Failure, true)]
    [InlineData((FailureKind)(-1), false, HealthEffect.Failure, true)]
    public void ReactionTo_Kind_IsTheRowOfTheTable(FailureKind kind, bool retry, HealthEffect health, bool stepDown) =>
        Assert.Equal(new FailureReaction(retry, health, stepDown), ChatFailureClassifier.Default.ReactionTo(kind));

    [Fact]
    public void Classify_CallerCancelled_IsCancelledHoweverTheSdkReportsIt()
    {
        Exception[] reports =
        [
            new OperationCanceledException(),
            new TaskCanceledException("t", new IOException("aborted", new SocketException(125))),
            new AggregateException(new HttpRequestException("x", null, HttpStatusCode.BadGateway), new AggregateException(new TaskCanceledException())),
            new HttpRequestException("aborted", new IOException("a", new SocketException(125))),
            new HttpIOException(HttpRequestError.ResponseEnded),
            new ObjectDisposedException("stream"),
            new TimeoutException(),
            new JsonException("unexpected end"),
            new ChatAnswerRejectedException("ended quietly, without a finish reason", FailureKind.InvalidResponse),
        ];

        Assert.All(reports, report => Assert.Equal(FailureKind.Cancelled, ChatFailureClassifier.Default.Classify(report, s_cancelled).Kind));
    }

    /// <summary>SDKs tear down what they are reading from, and then anything may come of it: OpenAI's lets a <see cref="NullReferenceException"/> of HttpClient's through.</summary>
    [Fact]
    public void Classify_CallerCancelled_ForeignExceptionOfAnyKindIsCancelled()
    {
        Exception[] foreign =
        [
            .. typeof(Exception).Assembly.GetExportedTypes()
                .Where(static type => type.IsAssignableTo(typeof(Exception)) && !type.IsAbstract && type.GetConstructor([]) is not null)
                .Select(static type => (Exception)Activator.CreateInstance(type)!),
        ];

        Assert.Contains(foreign, static exception => exception is NullReferenceException);
        Assert.All(foreign, static exception =>
        {
            Assert.Equal(FailureKind.Cancelled, ChatFailureClassifier.Default.Classify(exception, s_cancelled).Kind);
            Assert.Equal(FailureKind.Cancelled, ChatFailureClassifier.Default.Classify(new InvalidOperationException("x", exception), s_cancelled).Kind);
            Assert.NotEqual(FailureKind.Cancelled, ChatFailureClassifier.Default.Classify(exception).Kind);
        });
    }

    [Fact]
    public void Classify_CallerCancelledAfterTheProviderAnswered_KeepsWhatTheProviderSaid()
    {
        Exception unavailable = new HttpRequestException("x", null, HttpStatusCode.ServiceUnavailable);

        Assert.Equal(FailureKind.ServerError, ChatFailureClassifier.Default.Classify(unavailable, s_cancelled).Kind);
        Assert.Equal(FailureKind.CircuitOpen, ChatFailureClassifier.Default.Classify(new BrokenCircuitException(), s_cancelled).Kind);
    }

    [Fact]
    public void Classify_Aggregate_TakesWhoKnowsMostAndThenTheLast()
    {
        static Exception Status(int status) => new HttpRequestException("x", null, (HttpStatusCode)status);

        Assert.Equal(FailureKind.RateLimited, Kind(new AggregateException(Status(500), new AggregateException(Status(429)), new IOException())));
        Assert.Equal(FailureKind.ServerError, Kind(new AggregateException(Status(429), Status(500), new TimeoutException())));
        Assert.Equal(FailureKind.Unknown, Kind(new AggregateException()));
    }

    [Theory]
    [InlineData(FailureKind.ServerError, FailureKind.ServerError)]
    [InlineData(FailureKind.CircuitOpen, FailureKind.CircuitOpen)]
    [InlineData(FailureKind.InvalidRequest, FailureKind.Unknown)]
    [InlineData(FailureKind.ContextTooLong, FailureKind.Unknown)]
    [InlineData(FailureKind.ContentFiltered, FailureKind.Unknown)]
    [InlineData(FailureKind.Cancelled, FailureKind.Unknown)]
    public void Classify_NestedLadderFailed_IsAFailureThatStepsDown(FailureKind nested, FailureKind kind)
    {
        var exception = new ChatUnavailableException("down", nested, new ResilienceReport(), new HttpRequestException("x", null, HttpStatusCode.BadRequest), null)
        {
            RetryAfter = TimeSpan.FromSeconds(9),
        };

        var failure = ChatFailureClassifier.Default.Classify(exception);

        Assert.Equal(kind, failure.Kind);
        Assert.True(ChatFailureClassifier.Default.ReactionTo(failure.Kind).StepDown);
        Assert.Equal(TimeSpan.FromSeconds(9), failure.RetryAfter);
    }

    [Fact]
    public void Classify_InterruptedStream_KeepsItsKindWhateverIsInside()
    {
        var exception = new ChatStreamInterruptedException("cut", FailureKind.Network, new(), new(), new HttpRequestException("x", null, HttpStatusCode.BadRequest));

        Assert.Equal(FailureKind.Network, Kind(exception));
    }

    [Fact]
    public void Classify_BrokenCircuit_TellsWhenItReopens()
    {
        var failure = ChatFailureClassifier.Default.Classify(new BrokenCircuitException("open", TimeSpan.FromSeconds(12)));

        Assert.Equal(TimeSpan.FromSeconds(12), failure.RetryAfter);
    }

    [Fact]
    public void Classify_Null_Throws() => Assert.Throws<ArgumentNullException>(static () => ChatFailureClassifier.Default.Classify(null!));

    private static FailureKind Kind(Exception exception) => ChatFailureClassifier.Default.Classify(exception).Kind;
}
