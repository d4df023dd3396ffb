namespace QuickStart;

/// <summary>What the last resort searches when no model answers. Who asks one of these questions as it stands here gets its answer outright.</summary>
internal static class Faq
{
    public static IReadOnlyList<(string Question, string Answer)> Pairs { get; } =
    [
        ("How do I reset my password?", "Choose 'Forgot password' on the sign-in page; a link comes by mail."),
        ("Why was my password reset link refused?", "A reset link works once and for one hour. Ask for a new one."),
        ("How do I turn on two-factor sign-in?", "Open Settings, Security, and scan the code with an authenticator app."),
        ("Where do I find my invoices?", "Open Settings, Billing. Each month has a PDF."),
        ("How do I close my account?", "Open Settings, Account, and choose 'Close account'."),
    ];
}
