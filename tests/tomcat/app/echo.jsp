<%@ page session="false" trimDirectiveWhitespaces="true" contentType="text/plain; charset=UTF-8"
%><%@ page import="java.io.InputStream, java.security.MessageDigest, java.security.cert.X509Certificate, java.util.*"
%><%-- Reads the whole body and says what arrived. ?reply=N adds a response header of N bytes. --%><%
MessageDigest sha = MessageDigest.getInstance("SHA-256");
byte[] buffer = new byte[65536];
long length = 0;
InputStream in = request.getInputStream();
for (int n; (n = in.read(buffer)) >= 0; length += n) sha.update(buffer, 0, n);
if (request.getQueryString() != null && request.getQueryString().startsWith("reply="))
    response.setHeader("X-Long", "r".repeat(Integer.parseInt(request.getQueryString().substring(6))));

Map<String, Object> said = new LinkedHashMap<>();
said.put("length", length);
said.put("sha256", HexFormat.of().formatHex(sha.digest()));
said.put("node", System.getProperty("node"));
said.put("method", request.getMethod());
said.put("uri", request.getRequestURI());
said.put("query", request.getQueryString());
said.put("protocol", request.getProtocol());
said.put("secure", request.isSecure());
said.put("scheme", request.getScheme());
said.put("serverName", request.getServerName());
said.put("serverPort", request.getServerPort());
said.put("remoteAddr", request.getRemoteAddr());
said.put("remotePort", request.getRemotePort());
said.put("localAddr", request.getLocalAddr());
said.put("remoteUser", request.getRemoteUser());
// getAttributeNames knows nothing of what came with the request.
for (String name : List.of("JK_LB_ACTIVATION", "TEST_TENANT", "TEST_REGION", "jakarta.servlet.request.cipher_suite", "jakarta.servlet.request.key_size",
        "jakarta.servlet.request.ssl_session_id", "org.apache.tomcat.util.net.secure_protocol_version"))
    said.put(name, request.getAttribute(name));
X509Certificate[] chain = (X509Certificate[]) request.getAttribute("jakarta.servlet.request.X509Certificate");
said.put("client", chain == null ? null : chain[0].getSubjectX500Principal().getName());
for (String name : Collections.list(request.getHeaderNames()))
    said.put("header." + name.toLowerCase(Locale.ROOT), String.join(", ", Collections.list(request.getHeaders(name))));
for (Map.Entry<String, Object> entry : said.entrySet()) out.println(entry.getKey() + "=" + entry.getValue());
%>
