using System.Net;

namespace Resilient.Llm.Tests;

public sealed class SdkExceptionReaderTests
{
    [Fact]
    public void Classify_ShadowedStatusCode_ReadsTheMostDerived()
    {
        Assert.Equal(FailureKind.RateLimited, Kind(new GoogleLikeException(429)));
        Assert.Equal(FailureKind.ServerError, Kind(new GoogleLikeException(503)));
    }

    [Fact]
    public void Classify_AzureLike_ReadsStatusCodeAndHeaders()
    {
        var failure = ChatFailureClassifier.Default.Classify(new AzureLikeException(429, null, "3"));

        Assert.Equal(FailureKind.RateLimited, failure.Kind);
        Assert.Equal(TimeSpan.FromSeconds(3), failure.RetryAfter);
        Assert.Equal(FailureKind.ModelUnavailable, Kind(new AzureLikeException(400, "DeploymentNotFound", null)));
    }

    [Fact]
    public void Classify_AwsLike_ReadsStatusAndCode()
    {
        Assert.Equal(FailureKind.RateLimited, Kind(new AwsLikeException(HttpStatusCode.BadRequest, "ThrottlingException")));
        Assert.Equal(FailureKind.Unauthorized, Kind(new AwsLikeException(HttpStatusCode.BadRequest, "UnrecognizedClientException")));
        Assert.Equal(FailureKind.InvalidRequest, Kind(new AwsLikeException(HttpStatusCode.BadRequest, "ValidationException")));
        Assert.Equal(FailureKind.Network, Kind(new AwsLikeException(0, "")));
    }

    [Fact]
    public void Classify_HeadersAsDictionary_TellsTheWait()
    {
        var headers = new Dictionary<string, IEnumerable<string>> { ["x"] = [], ["RETRY-after"] = ["4"] };

        Assert.Equal(TimeSpan.FromSeconds(4), ChatFailureClassifier.Default.Classify(new KiotaLikeException(429, headers)).RetryAfter);
    }

    [Fact]
    public void Classify_StatusCodeThatIsNoHttpStatus_IsIgnored() => Assert.Equal(FailureKind.Unknown, Kind(new GrpcLikeException()));

    [Fact]
    public void Classify_EveryMemberThrows_IsUnknown() => Assert.Equal(FailureKind.Unknown, Kind(new ThrowingException()));

    private static FailureKind Kind(Exception exception) => ChatFailureClassifier.Default.Classify(exception).Kind;
}
