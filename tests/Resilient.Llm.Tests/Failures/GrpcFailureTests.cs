using Grpc.Core;

namespace Resilient.Llm.Tests;

/// <summary>The exception of gRPC, whose status is neither a number nor HTTP's.</summary>
public sealed class GrpcFailureTests
{
    [Theory]
    [InlineData(StatusCode.Unavailable, "x", FailureKind.ServerError)]
    [InlineData(StatusCode.Internal, "x", FailureKind.ServerError)]
    [InlineData(StatusCode.Unknown, "x", FailureKind.ServerError)]
    [InlineData(StatusCode.DataLoss, "x", FailureKind.ServerError)]
    [InlineData(StatusCode.Aborted, "x", FailureKind.ServerError)]
    [InlineData(StatusCode.AlreadyExists, "x", FailureKind.ServerError)]
    [InlineData(StatusCode.DeadlineExceeded, "x", FailureKind.Timeout)]
    [InlineData(StatusCode.Cancelled, "x", FailureKind.Timeout)]
    [InlineData(StatusCode.ResourceExhausted, "x", FailureKind.RateLimited)]
    [InlineData(StatusCode.Unauthenticated, "x", FailureKind.Unauthorized)]
    [InlineData(StatusCode.PermissionDenied, "x", FailureKind.Unauthorized)]
    [InlineData(StatusCode.InvalidArgument, "x", FailureKind.InvalidRequest)]
    [InlineData(StatusCode.OutOfRange, "x", FailureKind.InvalidRequest)]
    [InlineData(StatusCode.FailedPrecondition, "x", FailureKind.InvalidRequest)]
    [InlineData(StatusCode.NotFound, "x", FailureKind.ModelUnavailable)]
    [InlineData(StatusCode.Unimplemented, "x", FailureKind.ModelUnavailable)]
    [InlineData(StatusCode.OK, "x", FailureKind.InvalidResponse)]
    [InlineData((StatusCode)99, "x", FailureKind.ServerError)]
    [InlineData(StatusCode.InvalidArgument, "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).", FailureKind.ContextTooLong)]
    [InlineData(StatusCode.InvalidArgument, "This model does not support tools.", FailureKind.Unsupported)]
    [InlineData(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.", FailureKind.ContextTooLong)]
    [InlineData(StatusCode.ResourceExhausted, "Quota exceeded for input tokens per minute", FailureKind.RateLimited)]
    public void Classify_RpcException_IsTheKindOfItsStatus(StatusCode status, string detail, FailureKind kind)
    {
        var exception = new RpcException(new(status, detail));

        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(exception).Kind);
        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(new InvalidOperationException("wrapped", exception)).Kind);
    }

    /// <summary>Every status that the package knows has a kind.</summary>
    [Fact]
    public void Classify_EveryStatus_IsKnown() => Assert.All(
        Enum.GetValues<StatusCode>(),
        static status => Assert.NotEqual(FailureKind.Unknown, ChatFailureClassifier.Default.Classify(new RpcException(new(status, ""))).Kind));

    [Fact]
    public void Classify_CancelledByTheCaller_IsCancelled() => Assert.Equal(
        FailureKind.Cancelled,
        ChatFailureClassifier.Default.Classify(new RpcException(Status.DefaultCancelled), new CancellationToken(true)).Kind);

    [Fact]
    public void Classify_RetryAfterInTheTrailers_TellsTheWait()
    {
        var exception = new RpcException(new(StatusCode.ResourceExhausted, "x"), new Metadata { { "retry-after", "soon" }, { "Retry-After-Ms", "1500" } });

        Assert.Equal(TimeSpan.FromMilliseconds(1500), ChatFailureClassifier.Default.Classify(exception).RetryAfter);
    }

    [Fact]
    public void Classify_TheConnectionInside_DoesNotHideTheStatus() => Assert.Equal(
        FailureKind.ServerError,
        ChatFailureClassifier.Default.Classify(new RpcException(new(StatusCode.Unavailable, "x", new HttpRequestException("refused")))).Kind);
}
