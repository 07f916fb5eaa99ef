<%@ page session="false" trimDirectiveWhitespaces="true" contentType="text/plain; charset=UTF-8"
%><%-- ?code=C: an empty answer with that status. &body: with a text. &error: as Tomcat's own error page. --%><%
int code = Integer.parseInt(request.getParameter("code"));
response.setHeader("X-App", "status");
if (request.getParameter("error") != null) { response.sendError(code); return; }
response.setStatus(code);
if (request.getParameter("body") != null) out.print("status " + code);
%>
