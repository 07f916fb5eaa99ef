<%@ page session="false" trimDirectiveWhitespaces="true" contentType="text/plain; charset=UTF-8"
%><%-- ?ms=M: answers after M milliseconds. --%><%
Thread.sleep(Long.parseLong(request.getParameter("ms")));
out.print("node=" + System.getProperty("node"));
%>
