namespace Resilient.Llm.Failures;

/// <summary>The status of a gRPC call as the HTTP status that means the same here, read without knowing the library.</summary>
internal static class GrpcStatus
{
    /// <summary>Whether a type is gRPC's enumeration of statuses.</summary>
    public static bool IsCode(Type type) => type is { IsEnum: true, FullName: "Grpc.Core.StatusCode" };

    /// <summary>Null for no status; one that is not known is a failure of the server.</summary>
    public static int? ToHttp(object? code) => code?.ToString() switch
    {
        null => null,

        // A call that reports success and throws.
        "OK" => 200,
        "InvalidArgument" or "OutOfRange" or "FailedPrecondition" => 400,
        "Unauthenticated" => 401,
        "PermissionDenied" => 403,
        "NotFound" => 404,

        // The service has no such method: this place does not offer it.
        "Unimplemented" => 405,
        "AlreadyExists" or "Aborted" => 409,
        "ResourceExhausted" => 429,

        // A deadline set by the client, or a cancellation that the caller did not ask for: no answer in time.
        "Cancelled" or "DeadlineExceeded" => 499,
        "Unavailable" => 503,
        _ => 500,
    };
}
