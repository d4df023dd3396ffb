// The name, with its namespace, of a type in a package that the library does not need: it is recognised by that name.
namespace Microsoft.Extensions.AI;

internal class FunctionInvokingChatClient(IChatClient innerClient) : DelegatingChatClient(innerClient);
