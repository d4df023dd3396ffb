using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Resilient.Llm.Failures;

/// <summary>The exceptions of calls that failed on this side of the wire: before anything was sent.</summary>
/// <remarks>
/// <para>
/// An SDK that checks its arguments, or writes the body, throws before its first wait: the call has ended when it returns. What no library
/// but the platform defines, and what is neither about a connection nor about time, says nothing about the provider then. The layers that
/// call foreign clients note such exceptions here, and the classifier reads it; so nothing is added to the exceptions, which may be shared
/// or read-only.
/// </para>
/// <para>A model inside the process may run before its call returns. Its own types of exceptions are its failures.</para>
/// <para>Thread-safe.</para>
/// </remarks>
internal static class UnsentCalls
{
    private static readonly object s_ofTheCall = new();
    private static readonly object s_ofTheCaller = new();
    private static readonly ConditionalWeakTable<Exception, object> s_noted = [];

    /// <summary>Notes the exception of a call that ended before it returned, unless it may tell about the provider.</summary>
    public static void Note(Exception exception)
    {
        if (IsOfThePlatform(exception))
        {
            s_noted.TryAdd(exception, s_ofTheCall);
        }
    }

    /// <summary>Notes an exception that is known to come before the call, whatever its type.</summary>
    public static void NoteAny(Exception exception) => s_noted.TryAdd(exception, s_ofTheCall);

    /// <summary>Notes what the caller's own code threw, for example a <c>RawRepresentationFactory</c>: it goes to the caller.</summary>
    public static void NoteCallersOwn(Exception exception) => s_noted.AddOrUpdate(exception, s_ofTheCaller);

    /// <summary>Whether the exception, or one inside it, was noted.</summary>
    public static bool Has(Exception exception) =>
        ExceptionWalk.First(exception, static e => s_noted.TryGetValue(e, out var origin) ? origin : null) is not null;

    /// <summary>Whether the exception, or one inside it, was thrown by the caller's own code.</summary>
    public static bool IsCallersOwn(Exception exception) =>
        ExceptionWalk.First(exception, static e => s_noted.TryGetValue(e, out var origin) && origin == s_ofTheCaller ? origin : null)
            is not null;

    /// <summary>
    /// Whether the platform defines the type: arguments, states, formats and JSON. Not the types that say nothing, and not those of native
    /// code and of memory, which a model inside the process may throw.
    /// </summary>
    private static bool IsOfThePlatform(Exception exception)
    {
        if (exception is AggregateException or OutOfMemoryException or ExternalException or OperationCanceledException)
        {
            return false;
        }

        if (exception is JsonException { LineNumber: not null })
        {
            // Read, not written: an answer had arrived.
            return false;
        }

        var type = exception.GetType();
        return type != typeof(Exception)
            && type != typeof(SystemException)
            && type != typeof(ApplicationException)
            && (type.Assembly == typeof(object).Assembly || IsOfThePlatform(type.Assembly.GetName().Name));
    }

    private static bool IsOfThePlatform(string? assembly) =>
        assembly is not null
        && (assembly.StartsWith("System.", StringComparison.Ordinal)
            || assembly.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal));
}
