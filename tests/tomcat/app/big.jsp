<%@ page session="false" trimDirectiveWhitespaces="true"
%><%-- ?n=N: N bytes, the i-th is i mod 251. &length: with a Content-Length. --%><%
long n = Long.parseLong(request.getParameter("n"));
response.setContentType("application/octet-stream");
if (request.getParameter("length") != null) response.setContentLengthLong(n);
byte[] pattern = new byte[251 * 256];
for (int i = 0; i < pattern.length; i++) pattern[i] = (byte) (i % 251);
java.io.OutputStream body = response.getOutputStream();
for (long left = n; left > 0; left -= pattern.length) body.write(pattern, 0, (int) Math.min(left, pattern.length));
%>
