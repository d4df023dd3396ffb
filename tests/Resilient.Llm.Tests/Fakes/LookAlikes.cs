using System.Collections;
using System.Net;

namespace Resilient.Llm.Tests;

// Exceptions built like those of SDKs that are not referenced here.
#pragma warning disable CA1822 // Static members: an SDK's are not.

/// <summary>Hides the base's nullable status behind an int of the same name, like Google.GenAI.</summary>
internal sealed class GoogleLikeException(int status) : HttpRequestException("failed", null, HttpStatusCode.Accepted)
{
    public new int StatusCode => status;
}

/// <summary>Like Azure.Core: a status, a code and a response whose headers are a struct.</summary>
internal sealed class AzureLikeException(int status, string? code, string? retryAfter) : Exception("failed")
{
    public int Status => status;

    public string? ErrorCode => code;

    public AzureLikeResponse GetRawResponse() => new(retryAfter);
}

internal sealed class AzureLikeResponse(string? retryAfter)
{
    public AzureLikeHeaders Headers => new(retryAfter);

    public object Content => throw new InvalidOperationException("Not buffered.");
}

internal readonly struct AzureLikeHeaders(string? retryAfter)
{
    public bool TryGetValue(string name, out string? value)
    {
        value = retryAfter;
        return name == "Retry-After" && retryAfter is not null;
    }
}

/// <summary>Like the AWS SDK.</summary>
internal sealed class AwsLikeException(HttpStatusCode status, string code) : Exception("failed")
{
    public HttpStatusCode StatusCode => status;

    public string ErrorCode => code;
}

/// <summary>Like Kiota: headers as a dictionary of lists.</summary>
internal sealed class KiotaLikeException(int status, IDictionary<string, IEnumerable<string>> headers) : Exception("failed")
{
    public int ResponseStatusCode => status;

    public IDictionary<string, IEnumerable<string>> ResponseHeaders => headers;
}

/// <summary>Like gRPC: an enum of its own called StatusCode.</summary>
internal sealed class GrpcLikeException : Exception
{
    public DayOfWeek StatusCode => DayOfWeek.Friday;
}

/// <summary>Every member that can be overridden or read throws.</summary>
internal sealed class ThrowingException : Exception
{
    public int StatusCode => throw new InvalidOperationException();

    public string ResponseBody => throw new InvalidOperationException();

    public object Headers => throw new InvalidOperationException();

    public TimeSpan RetryAfter => throw new InvalidOperationException();

    public override string Message => throw new InvalidOperationException();

    public override IDictionary Data => throw new InvalidOperationException();

    public object GetRawResponse() => throw new InvalidOperationException();
}

/// <summary>A bad request with a body.</summary>
internal sealed class BodyException : Exception
{
    public BodyException(int? status, string? body, string? message = "failed")
        : base(message)
    {
        StatusCode = status;
        ResponseBody = body;
    }

    public int? StatusCode { get; }

    public string? ResponseBody { get; }
}
